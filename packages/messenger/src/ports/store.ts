import type { Bytes } from "@starling/kernel"

/** One change of one row. `ordinal` orders the rows of a partition; rows with equal ordinals keep their order of insertion. */
export type Write =
  | {
      readonly kind: "put"
      readonly bucket: string
      readonly partition: string
      readonly key: string
      readonly ordinal: number
      readonly value: Uint8Array
    }
  | { readonly kind: "delete"; readonly bucket: string; readonly partition: string; readonly key: string }
  | { readonly kind: "delete-partition"; readonly bucket: string; readonly partition: string }

export interface Row {
  readonly partition: string
  readonly key: string
  readonly ordinal: number
  readonly value: Bytes
}

export interface Range {
  /** Only rows with a greater ordinal. */
  readonly after?: number
  /** Only rows with a smaller ordinal. */
  readonly before?: number
  readonly limit?: number
  /** Greatest ordinal first. */
  readonly newestFirst?: boolean
}

/** Bytes in, bytes out; what is in them is the core's business. Synchronous, exclusive to one process. */
export interface Store extends Disposable {
  /** All of the writes or none, durable when it returns. Throws `StoreError` (disk full, I/O) with nothing changed. */
  commit(writes: readonly Write[]): void
  get(bucket: string, partition: string, key: string): Bytes | undefined
  list(bucket: string, partition: string, range?: Range): readonly Row[]
  /** Every row of a bucket, by partition and ordinal. */
  all(bucket: string): readonly Row[]
}

/** The world failed: no space, I/O error, locked by another process, written by a newer version, wrong key. */
export class StoreError extends Error {
  override readonly name = "StoreError"
  readonly reason: "full" | "io" | "locked" | "newer-version" | "wrong-key" | "corrupt"

  constructor(reason: StoreError["reason"], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
