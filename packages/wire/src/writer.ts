import { utf8, type Bytes } from "@starling/kernel"

/**
 * Writes TLS presentation language (RFC 8446, 3; variable-length vectors as RFC 9420, 2.1.2) into one growing buffer.
 * Its argument is ours, so a value out of range is a defect and throws `RangeError`.
 */
export class Writer {
  #buffer: Bytes
  #view: DataView<ArrayBuffer>
  #length = 0

  constructor(capacity = 256) {
    this.#buffer = new Uint8Array(capacity)
    this.#view = new DataView(this.#buffer.buffer)
  }

  get length(): number {
    return this.#length
  }

  uint8(value: number): this {
    requireUint(value, 0xff)
    const at = this.#grow(1)
    this.#view.setUint8(at, value)
    return this
  }

  uint16(value: number): this {
    requireUint(value, 0xffff)
    const at = this.#grow(2)
    this.#view.setUint16(at, value)
    return this
  }

  uint32(value: number): this {
    requireUint(value, 0xffffffff)
    const at = this.#grow(4)
    this.#view.setUint32(at, value)
    return this
  }

  uint64(value: bigint): this {
    if (value < 0n || value >= 1n << 64n) throw new RangeError(`${value} is no uint64`)
    const at = this.#grow(8)
    this.#view.setBigUint64(at, value)
    return this
  }

  /** `opaque fixed[N]`: the bytes alone, without a length. */
  fixed(bytes: Uint8Array): this {
    const at = this.#grow(bytes.length)
    this.#buffer.set(bytes, at)
    return this
  }

  /** `opaque data<V>`. */
  opaque(bytes: Uint8Array): this {
    return this.vectorLength(bytes.length).fixed(bytes)
  }

  /** UTF-8 in an `opaque<V>`. */
  text(text: string): this {
    return this.opaque(utf8(text))
  }

  /** `optional<T>` of RFC 9420, 2.1.1. */
  optional<T>(value: T | undefined, write: (writer: this, value: T) => void): this {
    this.uint8(value === undefined ? 0 : 1)
    if (value !== undefined) write(this, value)
    return this
  }

  /** `T items<V>`: the length counts bytes, not items. */
  vector<T>(items: Iterable<T>, write: (writer: Writer, item: T) => void): this {
    const start = this.#length
    for (const item of items) write(this, item)
    return this.#prefixLength(start)
  }

  /** `struct {...} body<V>`: everything that `write` writes, behind its length. */
  nested(write: (writer: Writer) => void): this {
    const start = this.#length
    write(this)
    return this.#prefixLength(start)
  }

  /** A length as RFC 9420, 2.1.2 writes it: one, two or four bytes. */
  vectorLength(length: number): this {
    if (length < 0x40) return this.uint8(length)
    if (length < 0x4000) return this.uint16(0x4000 | length)
    if (length < 0x40000000) return this.uint32(0x80000000 + length)
    throw new RangeError(`a vector holds less than 2^30 bytes, got ${length}`)
  }

  /** A copy of what was written. */
  finish(): Bytes {
    return this.#buffer.slice(0, this.#length)
  }

  /** What was written, not copied: of another content once the writer writes again. */
  view(): Bytes {
    return this.#buffer.subarray(0, this.#length)
  }

  /** Wipes what was written, to begin anew. Returns the capacity. */
  clear(): number {
    this.#buffer.fill(0, 0, this.#length)
    this.#length = 0
    return this.#buffer.length
  }

  #prefixLength(start: number): this {
    const body = this.#length - start
    const width = body < 0x40 ? 1 : body < 0x4000 ? 2 : 4
    this.#grow(width)
    this.#buffer.copyWithin(start + width, start, start + body)
    const end = this.#length
    this.#length = start
    this.vectorLength(body)
    this.#length = end
    return this
  }

  #grow(by: number): number {
    const at = this.#length
    const needed = at + by
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      larger.set(this.#buffer.subarray(0, at))
      this.#buffer.fill(0)
      this.#buffer = larger
      this.#view = new DataView(larger.buffer)
    }
    this.#length = needed
    return at
  }
}

/** Encodes one struct. */
export function encode(write: (writer: Writer) => void, capacity = 0): Bytes {
  return written(write, capacity, (writer) => writer.finish())
}

/** Encodes one struct for `use` alone, without a copy: what it is given is wiped when it returns. */
export function withEncoded<T>(write: (writer: Writer) => void, use: (bytes: Bytes) => T): T {
  return written(write, 0, (writer) => use(writer.view()))
}

function written<T>(write: (writer: Writer) => void, capacity: number, use: (writer: Writer) => T): T {
  const writer = capacity > LARGEST_KEPT ? new Writer(capacity) : (idle.pop() ?? new Writer(1024))
  try {
    write(writer)
    return use(writer)
  } finally {
    if (writer.clear() <= LARGEST_KEPT) idle.push(writer)
  }
}

/** Writers between two uses; as many as `encode` calls were nested in each other. What they wrote is wiped. */
const idle: Writer[] = []
const LARGEST_KEPT = 1 << 16

function requireUint(value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${value} is no integer from 0 to ${max}`)
}
