import { concat, utf8, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { CryptoProvider, HpkeCiphertext, Kdf } from "./crypto-provider.ts"

const NOTHING = new Uint8Array(0)
const MODE_BASE = new Uint8Array([0])

/** RFC 9180, 6.1: base mode, one message. `undefined` where `publicKey` is no key; `seed` must be fresh. */
export function hpkeSeal(
  crypto: CryptoProvider,
  publicKey: Uint8Array,
  info: Uint8Array,
  plaintext: Uint8Array,
  seed: Uint8Array,
): HpkeCiphertext | undefined {
  const encapsulated = crypto.kem.encapsulate(publicKey, seed)
  if (encapsulated === undefined) return undefined
  const { key, nonce } = schedule(crypto, encapsulated.sharedSecret, info)
  return { kemOutput: encapsulated.kemOutput, ciphertext: crypto.aead.seal(key, nonce, NOTHING, plaintext) }
}

/** The plaintext, or `undefined` where it does not decrypt. */
export function hpkeOpen(
  crypto: CryptoProvider,
  privateKey: Uint8Array,
  info: Uint8Array,
  sealed: HpkeCiphertext,
): Bytes | undefined {
  const sharedSecret = crypto.kem.decapsulate(privateKey, sealed.kemOutput)
  if (sharedSecret === undefined) return undefined
  const { key, nonce } = schedule(crypto, sharedSecret, info)
  return crypto.aead.open(key, nonce, NOTHING, sealed.ciphertext)
}

/** RFC 9180, 4: `LabeledExtract`. */
export function labeledExtract(kdf: Kdf, suiteId: Uint8Array, salt: Uint8Array, label: string, ikm: Uint8Array): Bytes {
  return kdf.extract(salt, concat(utf8("HPKE-v1"), suiteId, utf8(label), ikm))
}

/** RFC 9180, 4: `LabeledExpand`. */
export function labeledExpand(
  kdf: Kdf,
  suiteId: Uint8Array,
  secret: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Bytes {
  const labeled = encode((w) => w.uint16(length).fixed(utf8("HPKE-v1")).fixed(suiteId).fixed(utf8(label)).fixed(info))
  return kdf.expand(secret, labeled, length)
}

/** RFC 9180, 5.3, for base mode: a secret that both ends of an encapsulation can export. */
export function hpkeExport(
  crypto: CryptoProvider,
  sharedSecret: Uint8Array,
  info: Uint8Array,
  exporterContext: Uint8Array,
  length: number,
): Bytes {
  const { suiteId, context, secret } = keySchedule(crypto, sharedSecret, info)
  const exporterSecret = labeledExpand(crypto, suiteId, secret, "exp", context, crypto.suite.hashLength)
  return labeledExpand(crypto, suiteId, exporterSecret, "sec", exporterContext, length)
}

/** RFC 9180, 5.1, for base mode. */
function keySchedule(crypto: CryptoProvider, sharedSecret: Uint8Array, info: Uint8Array) {
  const { suite } = crypto
  const suiteId = encode((w) => w.fixed(utf8("HPKE")).uint16(suite.kem).uint16(suite.kdf).uint16(suite.aead))
  const pskIdHash = labeledExtract(crypto, suiteId, NOTHING, "psk_id_hash", NOTHING)
  const infoHash = labeledExtract(crypto, suiteId, NOTHING, "info_hash", info)
  const context = concat(MODE_BASE, pskIdHash, infoHash)
  return { suiteId, context, secret: labeledExtract(crypto, suiteId, sharedSecret, "secret", NOTHING) }
}

function schedule(crypto: CryptoProvider, sharedSecret: Uint8Array, info: Uint8Array) {
  const { suite } = crypto
  const { suiteId, context, secret } = keySchedule(crypto, sharedSecret, info)
  return {
    key: labeledExpand(crypto, suiteId, secret, "key", context, suite.aeadKeyLength),
    nonce: labeledExpand(crypto, suiteId, secret, "base_nonce", context, suite.aeadNonceLength),
  }
}
