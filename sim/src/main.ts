// `npm run sim -- --scenario all|NAME --seeds N [--seed-base N] [--size N] [--workers N] [--resume FILE]
// [--baseline NAME | --mutant NAME] [--json]`: plays seeds, prints for each that fails the line that plays it again, and ends
// with one line of what all came to. With all scenarios, the baselines play the first 300 seeds too.
import { availableParallelism } from "node:os"
import { performance } from "node:perf_hooks"
import { parseArgs } from "node:util"

import { BASELINES } from "./baseline-modules.ts"
import { faultyRuns, reportOf, table, type Report } from "./report.ts"
import { ResultFile } from "./result-file.ts"
import { replayLine, seedAmongAll, type RunResult, type Seed } from "./run-seed.ts"
import { runSeeds } from "./run-seeds.ts"
import { scenarioNamed } from "./scenarios.ts"
import { OURS, variantOptions, type Variant } from "./variant.ts"

const FOR_BASELINES = 300

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "all" },
    seeds: { type: "string", default: "200" },
    "seed-base": { type: "string", default: "0" },
    size: { type: "string" },
    workers: { type: "string", default: String(availableParallelism()) },
    resume: { type: "string" },
    baseline: { type: "string" },
    mutant: { type: "string" },
    json: { type: "boolean", default: false },
  },
})

const variant = variantOf(values.baseline, values.mutant)
const seeds = seedsAsked()
const say = values.json ? console.error : console.log
const from = performance.now()

const results = await playAll(seeds, variant)
const reports = new Map<string, Report>([[nameOf(variant), reportOf(results)]])
if (values.scenario === "all" && variant.kind === "ours")
  for (const name of BASELINES) {
    const played = await runSeeds(seeds.slice(0, FOR_BASELINES), workers(), { kind: "baseline", name })
    reports.set(name, reportOf(played))
  }
say(table(reports))
const cpu = results.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
say(
  `wall time ${seconds(performance.now() - from)} s with ${workers()} workers; ${seconds(cpu)} s of processor for ours`,
)
console.log(JSON.stringify(reportOf(results)))
process.exitCode = faultyRuns(results).length === 0 ? 0 : 1

async function playAll(all: readonly Seed[], played: Variant): Promise<RunResult[]> {
  const file = values.resume === undefined ? undefined : new ResultFile(values.resume)
  const known = file?.read(nameOf(played)) ?? []
  const isKnown = new Set(known.map(keyOf))
  const wanted = new Set(all.map(keyOf))
  const before = known.filter((result) => wanted.has(keyOf(result)))
  const fresh = await runSeeds(
    all.filter((seed) => !isKnown.has(keyOf(seed))),
    workers(),
    played,
    (result) => {
      file?.append(nameOf(played), result)
      if (faultyRuns([result]).length > 0) say(replayLine(result, variantOptions(played)))
    },
  )
  return [...before, ...fresh].sort((a, b) => a.seed - b.seed)
}

function seedsAsked(): Seed[] {
  const base = wholeNumber("seed-base", values["seed-base"])
  const numbers = Array.from({ length: wholeNumber("seeds", values.seeds) }, (_, i) => base + i)
  const size = values.size === undefined ? undefined : wholeNumber("size", values.size)
  if (values.scenario === "all") return numbers.map(seedAmongAll).map((seed) => ({ ...seed, size: size ?? seed.size }))
  const { name } = scenarioNamed(values.scenario)
  return numbers.map((seed) => ({ scenario: name, seed, size: size ?? seedAmongAll(seed).size }))
}

function variantOf(baseline: string | undefined, mutant: string | undefined): Variant {
  if (baseline !== undefined && mutant !== undefined) throw new RangeError("choose a baseline or a mutant, not both")
  if (baseline !== undefined) return { kind: "baseline", name: baseline }
  return mutant === undefined ? OURS : { kind: "mutant", name: mutant }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`--${name} takes a whole number, not ${text}`)
  return value
}

function workers(): number {
  return Math.max(1, wholeNumber("workers", values.workers))
}

function nameOf(each: Variant): string {
  return each.kind === "ours" ? "ours" : each.name
}

function keyOf({ scenario, seed, size }: Seed): string {
  return `${scenario} ${seed} ${size}`
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}
