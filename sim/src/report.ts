import type { RunResult } from "./run-seed.ts"
import { faultsOf } from "./verdict.ts"

/** What all runs together came to. */
export interface Report {
  readonly runs: number
  readonly splits: number
  readonly lostMessages: number
  readonly duplicatedMessages: number
  readonly removalsNotInForce: number
  readonly stuckMembers: number
  readonly unrecoverable: number
  readonly p50ConvergeMs: number | null
  readonly maxReorg: number
}

export function reportOf(results: readonly RunResult[]): Report {
  const total = (count: (result: RunResult) => number): number => results.reduce((sum, each) => sum + count(each), 0)
  const times = results.flatMap(({ verdict }) => verdict.convergeMs ?? []).sort((a, b) => a - b)
  return {
    runs: results.length,
    splits: total(({ verdict }) => verdict.splits.length),
    lostMessages: total(({ verdict }) => verdict.lostMessages.length),
    duplicatedMessages: total(({ verdict }) => verdict.duplicatedMessages.length),
    removalsNotInForce: total(({ verdict }) => verdict.removalsNotInForce.length),
    stuckMembers: total(({ verdict }) => verdict.stuckMembers.length),
    unrecoverable: total(({ verdict }) => verdict.unrecoverable.length),
    p50ConvergeMs: times[times.length >> 1] ?? null,
    maxReorg: Math.max(0, ...results.map(({ verdict }) => verdict.maxReorg)),
  }
}

export function faultyRuns(results: readonly RunResult[]): RunResult[] {
  return results.filter(({ verdict }) => faultsOf(verdict).length > 0)
}

/** Several reports side by side, one a line. */
export function table(reports: ReadonlyMap<string, Report>): string {
  const columns = [
    "runs",
    "splits",
    "lostMessages",
    "duplicatedMessages",
    "removalsNotInForce",
    "stuckMembers",
  ] as const
  const more = ["unrecoverable", "p50ConvergeMs", "maxReorg"] as const
  const names = [...columns, ...more]
  const row = (name: string, cells: readonly string[]): string =>
    [name.padEnd(20), ...cells.map((cell, i) => cell.padStart((names[i]?.length ?? 0) + 2))].join("")
  const lines = Array.from(reports, ([name, report]) =>
    row(
      name,
      names.map((column) => String(report[column] ?? "-")),
    ),
  )
  return [row("", names), ...lines].join("\n")
}
