import { wipe, type Bytes } from "./bytes.ts"

const INSPECT = Symbol.for("nodejs.util.inspect.custom")

/** Key material with a lifetime: wiped by `using`, and printed as `[secret]` by every usual way of printing. */
export class Secret implements Disposable {
  readonly #bytes: Bytes

  /** Takes its own copy; the caller still wipes the original. */
  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes)
  }

  /** The bytes themselves, not a copy: do not keep them past the life of this object. */
  expose(): Bytes {
    return this.#bytes
  }

  [Symbol.dispose](): void {
    wipe(this.#bytes)
  }

  toString(): string {
    return "[secret]"
  }

  toJSON(): string {
    return "[secret]"
  }

  [INSPECT](): string {
    return "[secret]"
  }
}
