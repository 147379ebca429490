// `npm run evaluate [-- --instances 100 --groups 10 --duration 60 --per-process 25 --entropy mixed --out DIR --json]`: real peers
// form groups and talk; what their operations, deliveries and processes took, beside the figures of the paper.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import type { Baselines } from "./evaluate/baselines.ts"
import { HostFailed } from "./evaluate/host-process.ts"
import { TookTooLong } from "./evaluate/instance.ts"
import { parseOptions, USAGE, WrongArguments, type Options } from "./evaluate/options.ts"
import { reportOf } from "./evaluate/report.ts"
import { resultsOf, writeResults } from "./evaluate/results.ts"
import { Lost, play } from "./evaluate/run.ts"

const INTERRUPTED = 130
const began = performance.now()

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE)
    return 0
  }
  try {
    return await evaluate(parseOptions(args))
  } catch (error) {
    if (!isExpected(error)) throw error
    console.error(error.message)
    return error instanceof WrongArguments ? 2 : 1
  }
}

async function evaluate(options: Options): Promise<number> {
  const stop = new AbortController()
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort())
  const folder = await mkdtemp(join(tmpdir(), "starling-evaluate-"))
  try {
    const run = await play(options, folder, stop.signal, tell)
    const largest = Math.max(...run.observations.groups.map(({ members }) => members.length))
    const baselines = options.baselines ? await baselinesFor(largest, stop.signal) : undefined
    const results = resultsOf(options, run, baselines)
    if (options.out !== undefined) await writeResults(options.out, results, run.observations)
    console.log(options.json ? JSON.stringify(results) : reportOf(results))
    return 0
  } catch (error) {
    if (!stop.signal.aborted) throw error
    return INTERRUPTED
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The other engines are loaded by who wants them alone. */
async function baselinesFor(groupSize: number, signal: AbortSignal): Promise<Baselines> {
  const { measureBaselines } = await import("./evaluate/baselines.ts")
  return await measureBaselines(groupSize, signal, tell)
}

function isExpected(error: unknown): error is Error {
  return [WrongArguments, Lost, HostFailed, TookTooLong].some((kind) => error instanceof kind)
}

function tell(text: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
}
