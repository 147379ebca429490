import { concat, utf8, type Bytes } from "@starling/kernel"

import type { Kdf } from "./crypto-provider.ts"

/** RFC 9180, 4: `LabeledExtract` and `LabeledExpand` of one suite. */
export interface LabelledKdf {
  extract(salt: Uint8Array, label: string, inputKeyMaterial: Uint8Array): Bytes
  expand(secret: Uint8Array, label: string, info: Uint8Array, length: number): Bytes
}

const VERSION = utf8("HPKE-v1")

export function labelledKdf(kdf: Kdf, suiteId: Uint8Array): LabelledKdf {
  const prefixes = new Map<string, Bytes>()

  function prefix(label: string): Bytes {
    const known = prefixes.get(label)
    if (known !== undefined) return known
    const made = concat(VERSION, suiteId, utf8(label))
    prefixes.set(label, made)
    return made
  }

  return {
    extract: (salt, label, inputKeyMaterial) => kdf.extract(salt, concat(prefix(label), inputKeyMaterial)),
    expand(secret, label, info, length) {
      const start = prefix(label)
      const labelled = new Uint8Array(2 + start.length + info.length)
      labelled[0] = length >> 8
      labelled[1] = length
      labelled.set(start, 2)
      labelled.set(info, 2 + start.length)
      return kdf.expand(secret, labelled, length)
    },
  }
}
