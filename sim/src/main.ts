// Plays seeds, prints for each that fails the line that plays it again, and ends with one line of what all came to. With all
// scenarios, the baselines play the first 300 seeds too.
import { availableParallelism } from "node:os"
import { performance } from "node:perf_hooks"

import { flag, oneOf, readOptions, text, wholeNumber } from "@starling/kernel/node"

import { BASELINES } from "./baseline-modules.ts"
import { MUTANTS } from "./mutants.ts"
import { faultyRuns, reportOf, table, type Report } from "./report.ts"
import { OtherCode, ResultFile } from "./result-file.ts"
import { replayLine, seedAmongAll, type RunResult, type Seed } from "./run-seed.ts"
import { runSeeds } from "./run-seeds.ts"
import { SCENARIOS } from "./scenarios.ts"
import { OURS, variantOptions, type Variant } from "./variant.ts"

const FOR_BASELINES = 300
const NAMES = SCENARIOS.map(({ name }) => name)
const USAGE = `npm run sim -- [options]
  --scenario NAME   all, or one of ${NAMES.join(", ")}
  --seeds N         how many; 200 unless said otherwise
  --seed-base N     the first
  --size N          people in the group; otherwise as the seed has it
  --workers N       processes; as many as processors unless said otherwise
  --resume FILE     keeps each result there, and plays what is not in it; of the same code only
  --baseline NAME   with another choice between commits: ${BASELINES.join(", ")}
  --mutant NAME     with a fault in the code: ${Object.keys(MUTANTS).join(", ")}
  --json            the table to stderr, and the result as one line of JSON`

const values = readOptions(USAGE, {
  scenario: oneOf(["all", ...NAMES], "all"),
  seeds: wholeNumber(200, { least: 1 }),
  "seed-base": wholeNumber(0),
  size: wholeNumber(undefined, { least: 2 }),
  workers: wholeNumber(availableParallelism(), { least: 1 }),
  resume: text(undefined),
  baseline: oneOf(BASELINES, undefined),
  mutant: oneOf(Object.keys(MUTANTS), undefined),
  json: flag,
})

const variant = variantOf(values.baseline, values.mutant)
const seeds = seedsAsked()
const say = values.json ? console.error : console.log
const from = performance.now()

const results = await playAll(seeds, variant)
const reports = new Map<string, Report>([[nameOf(variant), reportOf(results)]])
if (values.scenario === "all" && variant.kind === "ours")
  for (const name of BASELINES) {
    const played = await runSeeds(seeds.slice(0, FOR_BASELINES), values.workers, { kind: "baseline", name })
    reports.set(name, reportOf(played))
  }
say(table(reports))
const cpu = results.reduce((sum, { cpuMs }) => sum + cpuMs, 0)
say(
  `wall time ${seconds(performance.now() - from)} s with ${values.workers} workers; ${seconds(cpu)} s of processor for ` +
    `${results.length} runs of ${nameOf(variant)}, those of earlier pieces among them`,
)
console.log(JSON.stringify(reportOf(results)))
process.exitCode = faultyRuns(results).length === 0 ? 0 : 1

async function playAll(all: readonly Seed[], played: Variant): Promise<RunResult[]> {
  const file = values.resume === undefined ? undefined : new ResultFile(values.resume)
  const known = readKnown(file, played)
  const isKnown = new Set(known.map(keyOf))
  const wanted = new Set(all.map(keyOf))
  const before = known.filter((result) => wanted.has(keyOf(result)))
  const fresh = await runSeeds(
    all.filter((seed) => !isKnown.has(keyOf(seed))),
    values.workers,
    played,
    (result) => {
      file?.append(nameOf(played), result)
      if (faultyRuns([result]).length > 0) say(replayLine(result, variantOptions(played)))
    },
  )
  return [...before, ...fresh].sort((a, b) => a.seed - b.seed)
}

function readKnown(file: ResultFile | undefined, played: Variant): readonly RunResult[] {
  try {
    return file?.read(nameOf(played)) ?? []
  } catch (error) {
    if (!(error instanceof OtherCode)) throw error
    console.error(error.message)
    process.exit(2)
  }
}

function seedsAsked(): Seed[] {
  const { scenario, size } = values
  const numbers = Array.from({ length: values.seeds }, (_, i) => values["seed-base"] + i)
  if (scenario === "all") return numbers.map(seedAmongAll).map((seed) => ({ ...seed, size: size ?? seed.size }))
  return numbers.map((seed) => ({ scenario, seed, size: size ?? seedAmongAll(seed).size }))
}

function variantOf(baseline: string | undefined, mutant: string | undefined): Variant {
  if (baseline !== undefined && mutant !== undefined) {
    console.error(`choose a baseline or a mutant, not both\n${USAGE}`)
    process.exit(2)
  }
  if (baseline !== undefined) return { kind: "baseline", name: baseline }
  return mutant === undefined ? OURS : { kind: "mutant", name: mutant }
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
