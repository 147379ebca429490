import { createHmac, type KeyObject } from "node:crypto"

import type { Bytes } from "@starling/kernel"

import { fields } from "./fields.ts"

const LENGTH = 16
/** Names that are kept blinded: few rows are written again and again. */
const MOST_KNOWN = 512

/** What the file shows in place of names: 16 bytes of an HMAC-SHA-256, equal for equal names. */
export class BlindNames {
  readonly #key: KeyObject
  readonly #known = new Map<string, Bytes>()

  constructor(key: KeyObject) {
    this.#key = key
  }

  partition(bucket: string, partition: string): Bytes {
    return this.#blind("partition", bucket, partition)
  }

  key(bucket: string, partition: string, key: string): Bytes {
    return this.#blind("key", bucket, partition, key)
  }

  #blind(...names: readonly string[]): Bytes {
    const together = `${names.map(({ length }) => length).join(" ")} ${names.join("")}`
    const known = this.#known.get(together)
    if (known !== undefined) return known
    const digest = createHmac("sha256", this.#key)
      .update(fields(...names))
      .digest()
    const blind = new Uint8Array(digest.subarray(0, LENGTH))
    for (const oldest of this.#known.keys()) {
      if (this.#known.size < MOST_KNOWN) break
      this.#known.delete(oldest)
    }
    this.#known.set(together, blind)
    return blind
  }
}
