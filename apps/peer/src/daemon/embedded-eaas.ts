import { spawn, type ChildProcessByStdio } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { fileURLToPath } from "node:url"
import { z } from "zod"
import { KeyServiceError } from "./key-service.ts"

const SERVER = fileURLToPath(new URL("../../../eaas/src/main.ts", import.meta.url))
/** After its input has closed. */
const FAREWELL_MS = 1_500

const Ready = z.object({ ready: z.literal(true), url: z.url(), enrolment: z.string().optional() })

/**
 * A whole Entropy-as-a-Service platform in a child process, for a peer that has no other. It ends when its input closes,
 * and so with this process however that ends.
 */
export class EmbeddedEaas implements AsyncDisposable {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  /** Discovery URL; the enrolment code of its one user in the fragment, as in `--eaas URL`. */
  readonly url: string

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>, url: string) {
    this.#child = child
    this.url = url
  }

  /** Throws `KeyServiceError`. */
  static async start(dataFolder: string, signal: AbortSignal): Promise<EmbeddedEaas> {
    signal.throwIfAborted()
    const child = spawn(
      process.execPath,
      [SERVER, "all", "--embedded", "--json", "--port", "0", "--data", dataFolder],
      {
        stdio: ["pipe", "pipe", "inherit"],
      },
    )
    child.stdin.on("error", () => {})
    const abort = (): void => void child.kill("SIGKILL")
    signal.addEventListener("abort", abort, { once: true })
    try {
      const { url, enrolment } = await firstLine(child)
      return new EmbeddedEaas(child, enrolment === undefined ? url : `${url}#${enrolment}`)
    } catch (cause) {
      child.kill("SIGKILL")
      if (cause instanceof KeyServiceError) throw cause
      throw new KeyServiceError(
        "unreachable",
        "eaas-unreachable",
        "the embedded Entropy-as-a-Service platform did not start",
        { cause },
      )
    } finally {
      signal.removeEventListener("abort", abort)
    }
  }

  /** Whether its process still runs. */
  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.alive) return
    const ended = once(this.#child, "exit")
    this.#child.stdin.end()
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), FAREWELL_MS)
    await ended
    clearTimeout(timer)
  }
}

async function firstLine(child: ChildProcessByStdio<Writable, Readable, null>): Promise<z.infer<typeof Ready>> {
  const lines = createInterface({ input: child.stdout })
  const first = once(lines, "line").then(([line]: unknown[]) => Ready.parse(JSON.parse(String(line))))
  const failed = Promise.race([once(child, "exit"), once(child, "error")]).then(() => {
    throw new KeyServiceError(
      "unreachable",
      "eaas-unreachable",
      "the embedded Entropy-as-a-Service platform ended before it was ready",
    )
  })
  return await Promise.race([first, failed])
}
