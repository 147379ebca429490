import { wipe, type Bytes } from "@starling/kernel"

/** Key that serves for one message: whoever tries to use it again gets an exception and no bytes. */
export class OneTimeKey {
  #bytes: Bytes | undefined

  /** Takes the bytes over: they are wiped once they have served. */
  constructor(bytes: Bytes) {
    this.#bytes = bytes
  }

  get length(): number {
    return this.#bytes?.length ?? 0
  }

  /** Lends the bytes to `use`, once, and wipes them when that is over, however it ends. */
  spend<T>(use: (bytes: Bytes) => T): T {
    const bytes = this.#bytes
    this.#bytes = undefined
    if (bytes === undefined) throw new Error("this key has served already")
    try {
      return use(bytes)
    } finally {
      wipe(bytes)
    }
  }
}
