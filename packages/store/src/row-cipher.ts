import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from "node:crypto"

import { concat, equalBytes, utf8, type Bytes, type Secret } from "@starling/kernel"
import { StoreError } from "@starling/messenger/ports"

import { BlindNames } from "./blind-names.ts"
import { fields, textField } from "./fields.ts"

const ROOT_LENGTH = 32
const SALT_LENGTH = 16
const TAG_LENGTH = 16
/** Drawn at once: asking the operating system costs more than the bytes. */
const SALTS = 32

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
  readonly #blinds: BlindNames
  readonly #random: (length: number) => Uint8Array
  #salts: Uint8Array = new Uint8Array()
  /** Equal for equal root keys, and says nothing else about them. */
  readonly fingerprint: Bytes

  constructor(root: Secret, random: (length: number) => Uint8Array) {
    if (root.expose().length !== ROOT_LENGTH) throw new RangeError(`a root key has ${ROOT_LENGTH} bytes`)
    const key = createSecretKey(root.expose())
    this.#rows = subkey(key, "rows")
    this.#blinds = new BlindNames(subkey(key, "blinds"))
    this.fingerprint = new Uint8Array(hmac(key, utf8("starling store 1 fingerprint")))
    this.#random = random
  }

  blindPartition(bucket: string, partition: string): Bytes {
    return this.#blinds.partition(bucket, partition)
  }

  blindKey({ bucket, partition, key }: Place): Bytes {
    return this.#blinds.key(bucket, partition, key)
  }

  seal(place: Place, ordinal: number, value: Uint8Array): SealedRow {
    const { bucket } = place
    if (!place.partition.isWellFormed() || !place.key.isWellFormed())
      throw new RangeError("a row's name must be Unicode")
    const partition = this.blindPartition(bucket, place.partition)
    const key = this.blindKey(place)
    const salt = this.#takeSalt()
    const cipher = createCipheriv("aes-256-gcm", this.#rowKey(salt, bucket), NONCE)
    cipher.setAAD(associatedData(bucket, partition, key, ordinal))
    const head = cipher.update(fields(place.partition, place.key))
    const sealed = concat(head, cipher.update(value), cipher.final(), cipher.getAuthTag())
    return { bucket, partition, key, ordinal, salt, sealed }
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
    const [partition, afterPartition] = textField(plaintext, 0)
    const [key, afterKey] = textField(plaintext, afterPartition)
    return { bucket: row.bucket, partition, key, value: new Uint8Array(plaintext.subarray(afterKey)) }
  }

  matches(fingerprint: Uint8Array): boolean {
    return equalBytes(this.fingerprint, fingerprint)
  }

  #takeSalt(): Uint8Array {
    if (this.#salts.length === 0) {
      const drawn = this.#random(SALTS * SALT_LENGTH)
      if (drawn.length !== SALTS * SALT_LENGTH)
        throw new RangeError(`asked for ${SALTS * SALT_LENGTH} random bytes, got ${drawn.length}`)
      this.#salts = drawn
    }
    const salt = this.#salts.subarray(0, SALT_LENGTH)
    this.#salts = this.#salts.subarray(SALT_LENGTH)
    return salt
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

function hmac(key: KeyObject, data: Uint8Array): Buffer {
  return createHmac("sha256", key).update(data).digest()
}

function associatedData(bucket: string, partition: Uint8Array, key: Uint8Array, ordinal: number): Buffer {
  const number = Buffer.allocUnsafe(8)
  number.writeBigInt64BE(BigInt(ordinal))
  return fields("starling store 1 row", bucket, partition, key, number)
}

function damaged(cause?: unknown): StoreError {
  return new StoreError("corrupt", "a row of the store is damaged: its seal does not fit", { cause })
}
