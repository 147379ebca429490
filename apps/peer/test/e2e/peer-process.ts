import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { setTimeout as pause } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { onTestFinished } from "vitest"
import { z } from "zod"

const STARLING = fileURLToPath(new URL("../../bin/starling.js", import.meta.url))

const Ready = z.strictObject({
  ready: z.literal(true),
  identity: z.string(),
  peerId: z.string(),
  api: z.string(),
  ui: z.string(),
  listen: z.array(z.string()),
})

/** What one command printed. */
export interface Ran {
  readonly status: number
  /** The JSON lines on stdout. */
  readonly lines: readonly unknown[]
  /** The fault on stderr, where there was one. */
  readonly error: { readonly code: string; readonly message: string } | undefined
}

/** A daemon in a process of its own, spoken to by the command line alone. */
export class PeerProcess {
  readonly folder: string
  readonly ready: z.infer<typeof Ready>
  readonly #child: ChildProcess

  private constructor(folder: string, ready: z.infer<typeof Ready>, child: ChildProcess) {
    this.folder = folder
    this.ready = ready
    this.#child = child
  }

  /** On loopback, headless, without an EaaS unless `more` says otherwise; ended and removed when the test is. */
  static async up(
    name: string,
    more: readonly string[] = ["--eaas", "off"],
    folder = temporaryFolder(name),
    environment: Readonly<Record<string, string>> = {},
  ): Promise<PeerProcess> {
    const options = ["--data", folder, "--json", "--name", name, "--port", "0", "--listen", "/ip4/127.0.0.1/tcp/0"]
    const child = spawn(process.execPath, [STARLING, "up", ...options, "--headless", "--no-open", ...more], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    })
    onTestFinished(async () => void (await end(child, "SIGTERM")))
    const first = once(createInterface({ input: child.stdout }), "line")
    const [line]: unknown[] = await Promise.race([first, once(child, "exit").then(() => ["{}"])])
    return new PeerProcess(folder, Ready.parse(JSON.parse(String(line))), child)
  }

  /** Runs a command on this peer; expects it to succeed and returns its JSON lines. */
  async starling(...argv: readonly string[]): Promise<readonly unknown[]> {
    const { status, lines, error } = await starling(...argv, "--data", this.folder)
    if (status !== 0) throw new Error(`starling ${argv.join(" ")}: ${error?.code}: ${error?.message}`)
    return lines
  }

  /** As `starling`, for commands that print one line. */
  async ask<T>(shape: z.ZodType<T>, ...argv: readonly string[]): Promise<T> {
    const [line] = await this.starling(...argv)
    return shape.parse(line)
  }

  /** Resolves to the exit status, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    return await end(this.#child, signal)
  }
}

/** Runs one command to its end. */
export async function starling(...argv: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [STARLING, ...argv, "--json"], { stdio: ["ignore", "pipe", "pipe"] })
  const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr), once(child, "close")])
  const fault = z.object({ error: z.object({ code: z.string(), message: z.string() }) }).safeParse(jsonOf(err))
  return {
    status: child.exitCode ?? -1,
    lines: out
      .split("\n")
      .filter((line) => line !== "")
      .map((line): unknown => JSON.parse(line)),
    error: fault.data?.error,
  }
}

/** Asks again until it is so; returns how many milliseconds that took. Throws after `patience` milliseconds. */
export async function until(what: string, condition: () => Promise<boolean>, patience = 20_000): Promise<number> {
  const start = performance.now()
  while (!(await condition())) {
    if (performance.now() - start > patience) throw new Error(`not within ${patience} ms: ${what}`)
    await pause(25)
  }
  return performance.now() - start
}

export function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `starling-${name}-`))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const exit = once(child, "exit")
    child.kill(signal)
    await exit
  }
  return child.exitCode ?? child.signalCode
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ""
  for await (const chunk of stream) text += String(chunk)
  return text
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
