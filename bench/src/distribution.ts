/** Order statistics of one figure, in its own unit. */
export interface Distribution {
  readonly n: number
  readonly min: number
  readonly p5: number
  readonly median: number
  readonly mean: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

export function distributionOf(samples: readonly number[]): Distribution {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  const mean = sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length
  return {
    n: sorted.length,
    min: at(0),
    p5: at(0.05),
    median: at(0.5),
    mean,
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
  }
}
