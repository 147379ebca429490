/** The pool was written by a newer Starling, or is no pool of any version this one knows. Nothing was changed. */
export class PoolVersionUnsupported extends Error {
  override readonly name = "PoolVersionUnsupported"
  readonly version: number

  constructor(version: number) {
    super(`the entropy pool has format version ${version}; this Starling reads version 1`)
    this.version = version
  }
}

/** The pool's file is damaged or forged, or the root key is another. Nothing was changed. */
export class PoolCorrupt extends Error {
  override readonly name = "PoolCorrupt"

  constructor(why: string) {
    super(`the entropy pool can't be opened: ${why}`)
  }
}

/** The disk refused a write. No byte was released for it; the same call may be tried again unless `fatal`. */
export class PoolWriteFailed extends Error {
  override readonly name = "PoolWriteFailed"
  /** A barrier failed: what the disk holds is unknown until the pool is opened anew. */
  readonly fatal: boolean

  constructor(fatal: boolean, cause: unknown) {
    super(`the entropy pool can't be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.fatal = fatal
  }
}

/** The policy allows no draw without the EaaS, and the pool does not hold enough of it. Nothing was consumed. */
export class EntropyExhausted extends Error {
  override readonly name = "EntropyExhausted"
  readonly needed: number
  readonly available: number

  constructor(needed: number, available: number) {
    super(`a draw needs ${needed} bytes of the entropy pool, which holds ${available}`)
    this.needed = needed
    this.available = available
  }
}
