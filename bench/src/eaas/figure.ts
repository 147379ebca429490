import type { LoadedPlatform } from "./loaded-platform.ts"

export interface Figure {
  readonly figure: string
  readonly value: number
  readonly unit: string
}

/** What one module measures, told as soon as it is known. `bench/src/eaas/figures.ts` lists all modules. */
export interface FigureModule {
  /** By which `--only` chooses it. */
  readonly name: string
  measure(bench: Bench): AsyncGenerator<Figure>
}

export interface Bench {
  /** Of the load whose memory is watched. */
  readonly minutes: number
  /** Enrolled in the epoch that requests are made in. */
  readonly users: number
  /** Requests that are made and sent once each. */
  readonly requests: number
  /** How often is done what takes long and is told by its median. */
  readonly repeats: number
  /** A real platform with that many members; started by the first module that needs it. */
  platform(): Promise<LoadedPlatform>
}

/** Of CPU time of this process, all of its threads included, in seconds. */
export async function cpuSecondsOf(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

export function medianOf(samples: readonly number[]): number {
  return quantileOf(samples, 0.5)
}

export function quantileOf(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}
