import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"

import type { RunResult, Seed } from "./run-seed.ts"
import { variantImport, type Variant } from "./variant.ts"

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url))

/** MiB: of what a step makes, nearly nothing outlives it, and is collected the cheaper the later. */
const ROOM_FOR_SHORT_LIVED = ["--max-semi-space-size=64"]

/** Plays seeds in several processes, each of which sees the code as the variant has it. Results come as they are ready. */
export async function runSeeds(
  seeds: readonly Seed[],
  workers: number,
  variant: Variant,
  tell: (result: RunResult) => void = () => undefined,
): Promise<RunResult[]> {
  const left = seeds.values()
  const results: RunResult[] = []
  const work = async (): Promise<void> => {
    const execArgv = [...ROOM_FOR_SHORT_LIVED, ...variantImport(variant)]
    const child = fork(WORKER, { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] })
    try {
      for (const seed of left) {
        const result = await playIn(child, seed)
        results.push(result)
        tell(result)
      }
    } finally {
      child.kill()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, seeds.length) }, work))
  return results.sort((a, b) => a.seed - b.seed)
}

async function playIn(child: ChildProcess, seed: Seed): Promise<RunResult> {
  const ended = new AbortController()
  try {
    child.send(seed)
    const exit = once(child, "exit", { signal: ended.signal }).then(([code]) => {
      throw new Error(`a worker ended with ${String(code)} in ${JSON.stringify(seed)}`)
    })
    const [result]: RunResult[] = await Promise.race([once(child, "message", { signal: ended.signal }), exit])
    if (result === undefined) throw new Error("a worker said nothing")
    return result
  } finally {
    ended.abort()
  }
}
