import type { Bytes } from "@starling/kernel"

/**
 * The pool's one file, owned by this process alone until `close`. Writes may be lost, whole or in part, until `sync`
 * has returned; every method throws what the platform throws.
 */
export interface PoolFile {
  /** Fewer than `length` bytes at the end of the file. */
  read(offset: number, length: number): Bytes
  /** Writes all of `bytes`; extends the file with zeroes where needed. */
  write(offset: number, bytes: Uint8Array): void
  /** Everything written so far survives a loss of power once this returns. */
  sync(): void
  size(): number
  close(): void
}
