import { concat, utf8, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { CryptoProvider, HpkeCiphertext } from "./crypto-provider.ts"
import { labelledKdf, type LabelledKdf } from "./labelled-kdf.ts"

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
  const { key, nonce } = messageKey(crypto, encapsulated.sharedSecret, info)
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
  const { key, nonce } = messageKey(crypto, sharedSecret, info)
  return crypto.aead.open(key, nonce, NOTHING, sealed.ciphertext)
}

/** RFC 9180, 5.3, for base mode: a secret that both ends of an encapsulation can export. */
export function hpkeExport(
  crypto: CryptoProvider,
  sharedSecret: Uint8Array,
  info: Uint8Array,
  exporterContext: Uint8Array,
  length: number,
): Bytes {
  const { kdf, context, secret } = keySchedule(crypto, sharedSecret, info)
  const exporterSecret = kdf.expand(secret, "exp", context, crypto.suite.hashLength)
  return kdf.expand(exporterSecret, "sec", exporterContext, length)
}

/** RFC 9180, 5.1, for base mode. */
function keySchedule(crypto: CryptoProvider, sharedSecret: Uint8Array, info: Uint8Array) {
  const { kdf, contextStart } = constantsOf(crypto)
  const context = concat(contextStart, kdf.extract(NOTHING, "info_hash", info))
  return { kdf, context, secret: kdf.extract(sharedSecret, "secret", NOTHING) }
}

function messageKey(crypto: CryptoProvider, sharedSecret: Uint8Array, info: Uint8Array) {
  const { aeadKeyLength, aeadNonceLength } = crypto.suite
  const { kdf, context, secret } = keySchedule(crypto, sharedSecret, info)
  return {
    key: kdf.expand(secret, "key", context, aeadKeyLength),
    nonce: kdf.expand(secret, "base_nonce", context, aeadNonceLength),
  }
}

interface Constants {
  readonly kdf: LabelledKdf
  /** The mode, and the hash of the `psk_id` that base mode lacks. */
  readonly contextStart: Bytes
}

const constants = new WeakMap<CryptoProvider, Constants>()

function constantsOf(crypto: CryptoProvider): Constants {
  const known = constants.get(crypto)
  if (known !== undefined) return known
  const { kem, kdf: kdfId, aead } = crypto.suite
  const suiteId = encode((w) => w.fixed(utf8("HPKE")).uint16(kem).uint16(kdfId).uint16(aead))
  const kdf = labelledKdf(crypto, suiteId)
  const made = { kdf, contextStart: concat(MODE_BASE, kdf.extract(NOTHING, "psk_id_hash", NOTHING)) }
  constants.set(crypto, made)
  return made
}
