// `npm run evaluate [-- --instances 100 --groups 10 --duration 60 --per-process 5 --entropy mixed --out DIR --json]`: real peers
// form groups and talk; what their operations, deliveries and processes took, beside the figures of the paper.
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import type { Baselines } from "./evaluate/baselines.ts"
import { ControlFailed } from "./evaluate/control-connection.ts"
import { HostFailed } from "./evaluate/host-process.ts"
import { TookTooLong } from "./evaluate/instance.ts"
import { joinRun } from "./evaluate/join.ts"
import { machinesThatJoin } from "./evaluate/lead.ts"
import { parseJoining, parseOptions, USAGE, WrongArguments, type Options } from "./evaluate/options.ts"
import { RemoteSite } from "./evaluate/remote-site.ts"
import { reportOf } from "./evaluate/report.ts"
import { resultsOf, writeResults } from "./evaluate/results.ts"
import { Lost, play, type Run } from "./evaluate/run.ts"
import { LocalSite, type Site } from "./evaluate/site.ts"

const INTERRUPTED = 130
const SHORTEST_TOKEN = 32
const began = performance.now()

process.exitCode = await main(process.argv.slice(2))

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(USAGE)
    return 0
  }
  const stop = new AbortController()
  try {
    const joining = parseJoining(args)
    const options = joining === undefined ? parseOptions(args) : undefined
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort())
    await using folder = await temporaryFolder()
    if (options !== undefined) await evaluate(options, folder.path, stop.signal)
    else if (joining !== undefined) {
      const { host, port, listen: address, tokenFile } = joining
      await joinRun({ host, port, address, token: await tokenIn(tokenFile) }, folder.path, stop.signal)
    }
    return stop.signal.aborted ? INTERRUPTED : 0
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED
    if (!isExpected(error)) throw error
    console.error(error.message)
    return error instanceof WrongArguments ? 2 : 1
  }
}

async function evaluate(options: Options, folder: string, signal: AbortSignal): Promise<void> {
  const run = await playOnAll(options, folder, signal)
  const largest = Math.max(...run.observations.groups.map(({ members }) => members.length))
  const baselines = options.baselines === "none" ? undefined : await baselinesFor(largest, options.baselines, signal)
  const results = resultsOf(options, run, baselines)
  if (options.out !== undefined) await writeResults(options.out, results, run.observations)
  console.log(options.json ? JSON.stringify(results) : reportOf(results))
}

/** This machine's instances and those of the machines that join; all have ended when it returns. */
async function playOnAll(options: Options, folder: string, signal: AbortSignal): Promise<Run> {
  await using resources = new AsyncDisposableStack()
  const sites: Site[] = []
  if (options.machines > 1 && options.tokenFile !== undefined) {
    const door = { address: options.listen, port: options.port, token: await tokenIn(options.tokenFile) }
    for (const connection of await machinesThatJoin(options.machines - 1, door, signal, tell)) {
      resources.use(connection)
      sites.push(resources.use(await RemoteSite.open(connection, options)))
    }
  }
  sites.unshift(resources.use(await LocalSite.open(options, folder, options.listen, signal)))
  return await play(options, sites, signal, tell)
}

async function tokenIn(file: string): Promise<string> {
  const token = await readFile(file, "utf8").catch(() => "")
  if (token.trim().length >= SHORTEST_TOKEN) return token.trim()
  throw new WrongArguments(`--token-file takes a file with at least ${SHORTEST_TOKEN} characters, and ${file} is none`)
}

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), "starling-evaluate-"))
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** The other engines are loaded by who wants them alone. */
async function baselinesFor(groupSize: number, extent: "full" | "short", signal: AbortSignal): Promise<Baselines> {
  const { FULL, SHORT, measureBaselines } = await import("./evaluate/baselines.ts")
  return await measureBaselines(groupSize, extent === "full" ? FULL : SHORT, signal, tell)
}

function isExpected(error: unknown): error is Error {
  return [WrongArguments, Lost, HostFailed, ControlFailed, TookTooLong].some((kind) => error instanceof kind)
}

function tell(text: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}\n`)
}
