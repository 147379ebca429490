import { play } from "./scenario.ts"
import { SCENARIOS, scenarioNamed } from "./scenarios.ts"
import { faultsOf, type Verdict } from "./verdict.ts"

/** What decides a run, whole. */
export interface Seed {
  readonly scenario: string
  readonly seed: number
  readonly size: number
}

export interface RunResult extends Seed {
  readonly verdict: Verdict
  /** Of every event in order. */
  readonly digest: string
  readonly cpuMs: number
}

const NOTHING: Omit<Verdict, "stuckMembers"> = {
  splits: [],
  lostMessages: [],
  duplicatedMessages: [],
  removalsNotInForce: [],
  oldSecrets: [],
  groundCommits: [],
  gaps: [],
  unrecoverable: [],
  convergeMs: undefined,
  maxReorg: 0,
}

/** Plays one seed. A step that throws is a fault like any other: that device goes on no more. */
export function runSeed({ scenario, seed, size }: Seed): RunResult {
  const from = process.cpuUsage()
  const elapsed = (): number => Math.round(process.cpuUsage(from).user / 1000)
  try {
    const { verdict, digest } = play(scenarioNamed(scenario), seed, size)
    return { scenario, seed, size, verdict, digest, cpuMs: elapsed() }
  } catch (error) {
    const why =
      error instanceof Error ? (error.stack ?? error.message).split("\n").slice(0, 4).join(" ") : String(error)
    return {
      scenario,
      seed,
      size,
      verdict: { ...NOTHING, stuckMembers: [`threw: ${why}`] },
      digest: "",
      cpuMs: elapsed(),
    }
  }
}

/** The scenario and the size that a seed stands for among all: of 10 000, 9000 are of 3 to 5 people, 900 of 10, and 100 of 50. */
export function seedAmongAll(seed: number): Seed {
  const size = seed % 100 === 99 ? 50 : seed % 100 >= 90 ? 10 : 3 + (seed % 3)
  // Steps from one scenario to the next by a number that shares no factor with the sizes, so that all meet all.
  const { name } = SCENARIOS[(seed + Math.floor(seed / SCENARIOS.length)) % SCENARIOS.length] ?? scenarioNamed("calm")
  return { scenario: name, seed, size }
}

/** The line that plays a run again, and what went wrong in it. */
export function replayLine({ scenario, seed, size, verdict }: RunResult, variant: string): string {
  const line = `npm run sim -- --scenario ${scenario} --seeds 1 --seed-base ${seed} --size ${size}${variant}`
  return `${line}  # ${faultsOf(verdict).slice(0, 3).join("; ")}`
}
