import { concat, fromHex, type Bytes } from "@starling/kernel"

/** One case of a file in the official format, read field by field; a field of another shape than asked for throws. */
export class Fields {
  readonly #value: Record<string, unknown>

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null) throw new TypeError("a case is an object")
    this.#value = { ...value }
  }

  bytes(name: string): Bytes {
    return hex(this.#field(name), name)
  }

  /** An integer of `length` bytes, as RFC 9180, 7.1.2 has private keys; some files leave its leading zeros out. */
  privateKey(name: string, length: number): Bytes {
    const value = this.bytes(name)
    return concat(new Uint8Array(Math.max(0, length - value.length)), value)
  }

  optionalBytes(name: string): Bytes | undefined {
    return this.#field(name) === null ? undefined : this.bytes(name)
  }

  number(name: string): number {
    const value = this.#field(name)
    if (typeof value !== "number") throw new TypeError(`${name} is no number`)
    return value
  }

  text(name: string): string {
    const value = this.#field(name)
    if (typeof value !== "string") throw new TypeError(`${name} is no text`)
    return value
  }

  fields(name: string): Fields {
    return new Fields(this.#field(name))
  }

  list(name: string): readonly Fields[] {
    return this.values(name).map((item) => new Fields(item))
  }

  bytesList(name: string): readonly Bytes[] {
    return this.values(name).map((item) => hex(item, name))
  }

  values(name: string): readonly unknown[] {
    return asList(this.#field(name), name)
  }

  #field(name: string): unknown {
    if (!(name in this.#value)) throw new TypeError(`${name} is missing`)
    return this.#value[name]
  }
}

/** All cases of a file; throws where the text is no list of cases. */
export function readCases(text: string): readonly Fields[] {
  return asList(JSON.parse(text), "the file").map((item) => new Fields(item))
}

export function asList(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${name} is no list`)
  return value
}

function hex(value: unknown, name: string): Bytes {
  const bytes = typeof value === "string" ? fromHex(value) : undefined
  if (bytes === undefined) throw new TypeError(`${name} is not hexadecimal`)
  return bytes
}
