import type { Bytes } from "@starling/kernel"

import { PoolWriteFailed } from "./pool-error.ts"
import type { PoolFile } from "./pool-file.ts"

/** Turns refused writes into `PoolWriteFailed`. After a failed barrier nothing more is written: what the disk holds is unknown. */
export class GuardedFile implements PoolFile {
  readonly #file: PoolFile
  #failed: PoolWriteFailed | undefined

  constructor(file: PoolFile) {
    this.#file = file
  }

  read(offset: number, length: number): Bytes {
    return this.#file.read(offset, length)
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#failed !== undefined) throw this.#failed
    try {
      this.#file.write(offset, bytes)
    } catch (error) {
      throw new PoolWriteFailed(false, error)
    }
  }

  sync(): void {
    if (this.#failed !== undefined) throw this.#failed
    try {
      this.#file.sync()
    } catch (error) {
      this.#failed = new PoolWriteFailed(true, error)
      throw this.#failed
    }
  }

  size(): number {
    return this.#file.size()
  }

  close(): void {
    this.#file.close()
  }
}
