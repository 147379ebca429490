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

/** What is kept of the platform's log, for when it does not start. */
const MOST_LOG = 4_096

const Ready = z.object({ ready: z.literal(true), url: z.url(), enrolment: z.string().optional() })
const Added = z.object({ code: z.string() })
const Told = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

type Child = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * A whole Entropy-as-a-Service platform in a child process, for a peer that has no other. It ends when its input closes,
 * and so with this process however that ends.
 */
export class EmbeddedEaas implements AsyncDisposable {
  readonly #child: Child
  readonly #dataFolder: string
  /** Discovery URL; the enrolment code of its owner in the fragment, as in `--eaas URL`. */
  readonly url: string

  private constructor(child: Child, dataFolder: string, url: string) {
    this.#child = child
    this.#dataFolder = dataFolder
    this.url = url
  }

  /** Throws `KeyServiceError`. */
  static async start(dataFolder: string, signal: AbortSignal): Promise<EmbeddedEaas> {
    signal.throwIfAborted()
    const child = spawn(
      process.execPath,
      [SERVER, "all", "--embedded", "--json", "--port", "0", "--data", dataFolder],
      {
        stdio: ["pipe", "pipe", "pipe"],
      },
    )
    child.stdin.on("error", () => {})
    const abort = (): void => void child.kill("SIGKILL")
    signal.addEventListener("abort", abort, { once: true })
    try {
      const { url, enrolment } = await firstLine(child, Ready)
      return new EmbeddedEaas(child, dataFolder, enrolment === undefined ? url : `${url}#${enrolment}`)
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

  /** Enrols one more user; returns what `url` is for the owner. Throws `KeyServiceError`. */
  async urlForUser(name: string): Promise<string> {
    const command = [SERVER, "user", "add", name, "--json", "--data", this.#dataFolder]
    const child = spawn(process.execPath, command, { stdio: ["pipe", "pipe", "pipe"] })
    child.stdin.end()
    const { code } = await firstLine(child, Added)
    return new URL(`#${code}`, this.url).href
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

async function firstLine<T>(child: Child, shape: z.ZodType<T>): Promise<T> {
  let log = ""
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-MOST_LOG)
  })
  const lines = createInterface({ input: child.stdout })
  const first = once(lines, "line").then(([line]: unknown[]) => shape.parse(JSON.parse(String(line))))
  const failed = Promise.race([once(child, "close"), once(child, "error")]).then(() => {
    const { code, message } = lastWord(log)
    throw new KeyServiceError(
      "unreachable",
      code === "disk-full" ? code : "eaas-unreachable",
      `the embedded Entropy-as-a-Service platform did not start: ${message}`,
    )
  })
  return await Promise.race([first, failed])
}

/** What the platform said of its end, or the last line of its log. */
function lastWord(log: string): { readonly code: string; readonly message: string } {
  const line = log.trim().split("\n").at(-1) ?? ""
  try {
    return Told.parse(JSON.parse(line)).error
  } catch {
    return { code: "unknown", message: line }
  }
}
