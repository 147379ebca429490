import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from "node:crypto"

import { concat, equalBytes, fromUtf8, utf8, type Bytes, type Secret } from "@starling/kernel"
import { StoreError } from "@starling/messenger/ports"

const ROOT_LENGTH = 32
const SALT_LENGTH = 16
const BLIND_LENGTH = 16
const TAG_LENGTH = 16

/** Each row has a key of its own, which seals one plaintext: the nonce may be constant. */
const NONCE = new Uint8Array(12)

/** Where a row stands, as its owner names it. */
export interface Place {
  readonly bucket: string
  readonly partition: string
  readonly key: string
}

/** What the file shows of a row; `partition` and `key` are blinded. */
export interface SealedRow {
  readonly bucket: string
  readonly partition: Uint8Array
  readonly key: Uint8Array
  readonly ordinal: number
  readonly salt: Uint8Array
  readonly sealed: Uint8Array
}

/**
 * Turns rows into what may be written to a disk, and back. A row is sealed by AES-256-GCM under
 * HMAC-SHA-256(root, salt ‖ bucket); its associated data are its place and ordinal, so that no row can be passed off as another.
 */
export class RowCipher {
  /** As OpenSSL holds keys, which overwrites them when they are collected; from bytes, Node takes three times as long. */
  readonly #rows: KeyObject
  readonly #blinds: KeyObject
  readonly #random: (length: number) => Uint8Array
  /** Equal for equal root keys, and says nothing else about them. */
  readonly fingerprint: Bytes

  constructor(root: Secret, random: (length: number) => Uint8Array) {
    if (root.expose().length !== ROOT_LENGTH) throw new RangeError(`a root key has ${ROOT_LENGTH} bytes`)
    const key = createSecretKey(root.expose())
    this.#rows = subkey(key, "rows")
    this.#blinds = subkey(key, "blinds")
    this.fingerprint = hmac(key, utf8("starling store 1 fingerprint"))
    this.#random = random
  }

  blindPartition(bucket: string, partition: string): Bytes {
    return hmac(this.#blinds, fields(utf8("partition"), utf8(bucket), utf8(partition))).slice(0, BLIND_LENGTH)
  }

  blindKey({ bucket, partition, key }: Place): Bytes {
    return hmac(this.#blinds, fields(utf8("key"), utf8(bucket), utf8(partition), utf8(key))).slice(0, BLIND_LENGTH)
  }

  seal(place: Place, ordinal: number, value: Uint8Array): SealedRow {
    if (!place.partition.isWellFormed() || !place.key.isWellFormed())
      throw new RangeError("a row's name must be Unicode")
    const partition = this.blindPartition(place.bucket, place.partition)
    const key = this.blindKey(place)
    const salt = this.#random(SALT_LENGTH)
    if (salt.length !== SALT_LENGTH) throw new RangeError(`asked for ${SALT_LENGTH} random bytes, got ${salt.length}`)
    const cipher = createCipheriv("aes-256-gcm", this.#rowKey(salt, place.bucket), NONCE)
    cipher.setAAD(associatedData(place.bucket, partition, key, ordinal))
    const head = fields(utf8(place.partition), utf8(place.key))
    const sealed = concat(cipher.update(head), cipher.update(value), cipher.final(), cipher.getAuthTag())
    return { bucket: place.bucket, partition, key, ordinal, salt, sealed }
  }

  /** Throws `StoreError` "corrupt" unless this very row was sealed at this place under this root key. */
  open(row: SealedRow): Place & { readonly value: Bytes } {
    if (row.sealed.length < TAG_LENGTH) throw damaged()
    const decipher = createDecipheriv("aes-256-gcm", this.#rowKey(row.salt, row.bucket), NONCE)
    decipher.setAAD(associatedData(row.bucket, row.partition, row.key, row.ordinal))
    decipher.setAuthTag(row.sealed.subarray(-TAG_LENGTH))
    const plaintext = decipher.update(row.sealed.subarray(0, -TAG_LENGTH))
    try {
      decipher.final()
    } catch (error) {
      throw damaged(error)
    }
    const [partition, afterPartition] = field(plaintext, 0)
    const [key, afterKey] = field(plaintext, afterPartition)
    return { bucket: row.bucket, partition, key, value: new Uint8Array(plaintext.subarray(afterKey)) }
  }

  matches(fingerprint: Uint8Array): boolean {
    return equalBytes(this.fingerprint, fingerprint)
  }

  #rowKey(salt: Uint8Array, bucket: string): KeyObject {
    return derived(this.#rows, concat(salt, utf8(bucket)))
  }
}

function subkey(root: KeyObject, purpose: string): KeyObject {
  return derived(root, utf8(`starling store 1 ${purpose}`))
}

function derived(key: KeyObject, data: Uint8Array): KeyObject {
  const bytes = hmac(key, data)
  try {
    return createSecretKey(bytes)
  } finally {
    bytes.fill(0)
  }
}

function hmac(key: KeyObject, data: Uint8Array): Bytes {
  return new Uint8Array(createHmac("sha256", key).update(data).digest())
}

function associatedData(bucket: string, partition: Uint8Array, key: Uint8Array, ordinal: number): Bytes {
  const number = new Uint8Array(8)
  new DataView(number.buffer).setBigInt64(0, BigInt(ordinal))
  return fields(utf8("starling store 1 row"), utf8(bucket), partition, key, number)
}

/** Each field behind its length in a uint32, so that different fields never join to the same bytes. */
function fields(...parts: readonly Uint8Array[]): Bytes {
  return concat(...parts.flatMap((part) => [uint32(part.length), part]))
}

function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

/** One text of an authenticated plaintext, and where the next begins. */
function field(bytes: Uint8Array, at: number): readonly [string, number] {
  const start = at + 4
  const end = start + new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at)
  const text = fromUtf8(bytes.subarray(start, end))
  if (text === undefined) throw new TypeError("a row was sealed under a name that is not Unicode")
  return [text, end]
}

function damaged(cause?: unknown): StoreError {
  return new StoreError("corrupt", "a row of the store is damaged: its seal does not fit", { cause })
}
