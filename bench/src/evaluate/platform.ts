import { join } from "node:path"

import { askOperator } from "@starling/eaas-server/operator"
import { EmbeddedEaas } from "@starling/peer/daemon"
import { z } from "zod"

/** Keys that one instance may ask for in a run. */
const QUOTA = 64
const Added = z.object({ code: z.string() })

/**
 * The Entropy-as-a-Service platform of a run: all roles in one process, with a simulated source. It seals on each
 * registration, so that nobody waits for the next epoch for a first key.
 */
export class RunPlatform implements AsyncDisposable {
  readonly #platform: EmbeddedEaas
  readonly #folder: string

  private constructor(platform: EmbeddedEaas, folder: string) {
    this.#platform = platform
    this.#folder = folder
  }

  static async start(folder: string, signal: AbortSignal): Promise<RunPlatform> {
    const data = join(folder, "eaas")
    return new RunPlatform(await EmbeddedEaas.start(data, signal), data)
  }

  /** The discovery URL with an enrolment code for one instance more. */
  async urlFor(name: string): Promise<string> {
    const { code } = Added.parse(await askOperator(this.#folder, "users", { name, quota: QUOTA }))
    return new URL(`#${code}`, this.#platform.url).href
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#platform[Symbol.asyncDispose]()
  }
}
