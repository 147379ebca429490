import { fromUtf8, malformed, ok, type Bytes, type Decoded } from "@starling/kernel"

/** Bytes. */
const SHORT = 64

/** Thrown inside `decode` only, which turns it into a `malformed`. */
class Malformed extends Error {}

/**
 * Reads TLS presentation language from bytes that somebody else wrote. Every length is checked against what is left
 * before anything is allocated. Readers run inside `decode`, which is the one place where a fault surfaces.
 */
export class Reader {
  readonly #bytes: Uint8Array
  /** Where what is read shares memory with the bytes, instead of being copied. */
  readonly #shared: Bytes | undefined
  readonly #view: DataView
  readonly #end: number
  #at: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length, shared?: Bytes) {
    this.#bytes = bytes
    this.#shared = shared
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = at
    this.#end = end
  }

  /** Reads bytes that nobody will write to any more: what it gives is part of them. */
  static sharing(bytes: Bytes): Reader {
    return new Reader(bytes, 0, bytes.length, bytes)
  }

  /** Bytes not yet read. */
  get left(): number {
    return this.#end - this.#at
  }

  /** Offset of the next byte in the bytes given to `decode`; with `slice` it recovers what a struct was encoded as. */
  get position(): number {
    return this.#at
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#take(8))
  }

  /** The next `length` bytes; a copy, unless the reader is sharing. */
  fixed(length: number): Bytes {
    const at = this.#take(length)
    return this.#part(at, at + length)
  }

  /** `opaque data<V>` of at most `max` bytes; a copy, unless the reader is sharing. */
  opaque(max = Number.MAX_SAFE_INTEGER): Bytes {
    const length = this.vectorLength()
    if (length > max) this.fail(`a field of ${length} bytes where ${max} are allowed`)
    return this.fixed(length)
  }

  /** Well-formed UTF-8 of at most `max` bytes. */
  text(max: number): string {
    return fromUtf8(this.opaque(max)) ?? this.fail("text that is not UTF-8")
  }

  optional<T>(read: (reader: Reader) => T): T | undefined {
    const present = this.uint8()
    if (present > 1) this.fail("an optional that is neither absent nor present")
    return present === 1 ? read(this) : undefined
  }

  /** `T items<V>`, of at most `max` items. */
  vector<T>(read: (reader: Reader) => T, max = Number.MAX_SAFE_INTEGER): T[] {
    return this.nested((inner) => {
      const items: T[] = []
      while (inner.left > 0) {
        if (items.length === max) this.fail(`more than ${max} items`)
        const before = inner.left
        items.push(read(inner))
        if (inner.left === before) this.fail("an item of no bytes")
      }
      return items
    })
  }

  /** `struct {...} body<V>`: `read` sees the body alone and must read all of it. */
  nested<T>(read: (reader: Reader) => T): T {
    const length = this.vectorLength()
    const at = this.#take(length)
    const inner = new Reader(this.#bytes, at, at + length, this.#shared)
    const value = read(inner)
    if (inner.left > 0) this.fail(`${inner.left} bytes too many in a vector`)
    return value
  }

  /** A length as RFC 9420, 2.1.2 writes it; a longer form than needed is refused. */
  vectorLength(): number {
    const first = this.uint8()
    const prefix = first >> 6
    if (prefix === 3) this.fail("a vector length with prefix 3")
    if (prefix === 0) return first
    let length = first & 0x3f
    for (let i = 1; i < 1 << prefix; i++) length = length * 256 + this.uint8()
    if (length < (prefix === 1 ? 0x40 : 0x4000)) this.fail("a vector length longer than it need be")
    return length
  }

  /** Bytes already read, from an earlier `position`; a copy, unless the reader is sharing. */
  since(position: number): Bytes {
    return this.#part(position, this.#at)
  }

  /** Ends the decoding with a fault. */
  fail(why: string): never {
    throw new Malformed(why)
  }

  #part(from: number, to: number): Bytes {
    return this.#shared?.subarray(from, to) ?? copy(this.#bytes, from, to)
  }

  #take(length: number): number {
    const at = this.#at
    if (length > this.#end - at) this.fail("truncated")
    this.#at = at + length
    return at
  }
}

/** Reads one struct that must fill `bytes`, which hold at most `max` bytes. Never throws on input. */
export function decode<T>(bytes: Uint8Array, read: (reader: Reader) => T, max = Number.MAX_SAFE_INTEGER): Decoded<T> {
  if (bytes.length > max) return malformed(`${bytes.length} bytes where ${max} are allowed`)
  return decodeWith(new Reader(bytes), read)
}

/** The same of bytes that nobody will write to any more: what it gives is part of them. */
export function decodeSharing<T>(bytes: Bytes, read: (reader: Reader) => T): Decoded<T> {
  return decodeWith(Reader.sharing(bytes), read)
}

function decodeWith<T>(reader: Reader, read: (reader: Reader) => T): Decoded<T> {
  try {
    const value = read(reader)
    return reader.left === 0 ? ok(value) : malformed(`${reader.left} bytes too many`)
  } catch (error) {
    if (error instanceof Malformed) return malformed(error.message)
    throw error
  }
}

function copy(bytes: Uint8Array, from: number, to: number): Bytes {
  const length = to - from
  const out = new Uint8Array(length)
  // Keys, hashes and signatures: to set up a view costs more than to copy them.
  if (length <= SHORT) for (let i = 0; i < length; i++) out[i] = bytes[from + i] ?? 0
  else out.set(bytes.subarray(from, to))
  return out
}
