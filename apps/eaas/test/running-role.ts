import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"

const PROGRAM = join(import.meta.dirname, "../src/main.ts")

export interface RunningRole extends AsyncDisposable {
  readonly child: ChildProcess
  readonly ready: {
    readonly url: string
    readonly lp?: readonly string[]
    readonly key?: string
    readonly enrolment?: string
    readonly pvs?: string
    readonly operations?: string
  }
  readonly milliseconds: number
}

/** Starts a role as its own process and waits for its first line. */
export async function start(...args: readonly string[]): Promise<RunningRole> {
  const begin = performance.now()
  const child = spawn(process.execPath, [PROGRAM, ...args, "--json"], { stdio: ["pipe", "pipe", "pipe"] })
  const errors: string[] = []
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()))
  const lines = createInterface({ input: child.stdout })
  const [first] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => [undefined])])
  if (first === undefined) throw new Error(`the role ended: ${errors.join("")}`)
  const ready = JSON.parse(first) as RunningRole["ready"]
  return {
    child,
    ready,
    milliseconds: performance.now() - begin,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, "exit")
      child.kill("SIGTERM")
      await exit
    },
  }
}

/** Runs a command to its end. */
export async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] })
  let [out, err] = ["", ""]
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()))
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()))
  await once(child, "close")
  return { code: child.exitCode ?? -1, out, err }
}
