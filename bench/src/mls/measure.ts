import { distributionOf } from "../distribution.ts"
import type { Repeatable } from "./repeatable.ts"

/** How long to measure, and how often at most. */
export interface Effort {
  readonly warmUpMs: number
  /** Of each that is measured beside others, in CPU time. */
  readonly budgetMs: number
  readonly minRounds: number
  readonly maxRounds: number
}

export const THOROUGH: Effort = { warmUpMs: 400, budgetMs: 1500, minRounds: 5, maxRounds: 41 }
export const QUICK: Effort = { warmUpMs: 10, budgetMs: 20, minRounds: 3, maxRounds: 5 }

/** Of one that takes less, several runs are timed at once. */
const SHORTEST_US = 2000
const MOST_AT_ONCE = 64
const COSTLY_ROUNDS = 7

/**
 * Microseconds of CPU time that one run of each takes: the median of several rounds, in each of which all have their
 * turn, so that a machine whose speed drifts slows all alike. The time is that of the whole process (`process.cpuUsage`):
 * the threads on which a collector, a compiler or WebCrypto works for an engine count too.
 */
export async function medianCpu<Name extends string>(
  rivals: Readonly<Record<Name, Repeatable | undefined>>,
  effort: Effort,
): Promise<Readonly<Record<Name, number | undefined>>> {
  const running: Turn[] = []
  for (const [name, rival] of Object.entries<Repeatable | undefined>(rivals)) {
    if (rival !== undefined) running.push(await warmedUp(name, rival, effort))
  }
  for (let round = 0; round < effort.maxRounds; round++) {
    for (const turn of running) {
      if (turn.rival.isCostly === true && round >= COSTLY_ROUNDS) continue
      if (round >= effort.minRounds && turn.usedUs > 1000 * effort.budgetMs) continue
      const us = await timed(turn.rival, turn.atOnce)
      turn.usedUs += us * turn.atOnce
      turn.samples.push(us)
    }
  }
  const medians = new Map(running.map(({ name, samples }) => [name, distributionOf(samples).median]))
  const result: Partial<Record<Name, number | undefined>> = {}
  for (const name in rivals) result[name] = medians.get(name)
  return result as Record<Name, number | undefined>
}

interface Turn {
  readonly name: string
  readonly rival: Repeatable
  readonly atOnce: number
  readonly samples: number[]
  usedUs: number
}

async function warmedUp(name: string, rival: Repeatable, { warmUpMs }: Effort): Promise<Turn> {
  let us = await timed(rival, 1)
  if (rival.isCostly === true) return { name, rival, atOnce: 1, samples: [], usedUs: 0 }
  for (let used = us; used < 1000 * warmUpMs;) {
    const runs = runsFor(us)
    us = await timed(rival, runs)
    used += us * runs
  }
  return { name, rival, atOnce: runsFor(us), samples: [], usedUs: 0 }
}

function runsFor(us: number): number {
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.ceil(SHORTEST_US / Math.max(us, 1))))
}

/** Of one run. */
async function timed(rival: Repeatable, runs: number): Promise<number> {
  await rival.prepare(runs)
  const before = process.cpuUsage()
  for (let i = 0; i < runs; i++) {
    const later = rival.run()
    if (later !== undefined) await later
  }
  const { user, system } = process.cpuUsage(before)
  return Math.max(1, user + system) / runs
}
