/** One measured number. */
export interface Figure {
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** False where the platform promises otherwise. */
  readonly holds?: boolean
}
