import { exchange } from "@starling/eaas"
import { z } from "zod"
import { every } from "../every.ts"
import { parseJson } from "../parse-json.ts"

const PERIOD = 60_000
const Health = z.object({ version: z.literal(1), source: z.object({ simulated: z.boolean() }) })

/** What an AS knows of the source behind a PVS in another process: simulated, until the PVS says otherwise. */
export class SourceOfPvs implements AsyncDisposable {
  readonly #url: string
  readonly #asking: AsyncDisposable
  #simulated = true

  private constructor(pvs: string) {
    this.#url = new URL("/health", pvs).href
    this.#asking = every(PERIOD, async (signal) => await this.#ask(signal))
  }

  static async watch(pvs: string): Promise<SourceOfPvs> {
    const source = new SourceOfPvs(pvs)
    await source.#ask(AbortSignal.timeout(PERIOD))
    return source
  }

  /** Clients are told by each key's own signed provenance too; this is for before the first. */
  get simulated(): boolean {
    return this.#simulated
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#asking[Symbol.asyncDispose]()
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const answer = await exchange(this.#url, undefined, 16 * 1024, signal).catch(() => undefined)
    if (answer === undefined) return
    const health = Health.safeParse(parseJson(new TextDecoder().decode(answer)))
    if (health.success) this.#simulated = health.data.source.simulated
  }
}
