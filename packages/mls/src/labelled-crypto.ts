import type { Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { MlsContext } from "./context.ts"
import type { CryptoProvider, HpkeCiphertext, KeyPair } from "./crypto-provider.ts"
import { draw } from "./draw.ts"
import { hpkeOpen, hpkeSeal } from "./hpke.ts"
import { opaqueSize } from "./opaque-size.ts"
import { refuse } from "./refusal.ts"

const NOTHING = new Uint8Array(0)

/** RFC 9420, 5.1.2: `SignWithLabel`. */
export function signWithLabel(
  crypto: CryptoProvider,
  privateKey: Uint8Array,
  label: string,
  content: Uint8Array,
): Bytes {
  return crypto.signature.sign(privateKey, labelled(label, content))
}

/** RFC 9420, 5.1.2: `VerifyWithLabel`. */
export function verifyWithLabel(
  crypto: CryptoProvider,
  publicKey: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  return crypto.signature.verify(publicKey, labelled(label, content), signature)
}

/** RFC 9420, 5.1.3: `EncryptWithLabel`. Refuses a public key that is none. */
export function encryptWithLabel(
  mls: MlsContext,
  publicKey: Uint8Array,
  label: string,
  context: Uint8Array,
  plaintext: Uint8Array,
): HpkeCiphertext {
  const seed = draw(mls, mls.crypto.kem.encapsulationSeedLength, "HPKE encapsulation")
  const sealed = hpkeSeal(mls.crypto, publicKey, labelled(label, context), plaintext, seed)
  return sealed ?? refuse("invalid-public-key", "5.1.3")
}

/** RFC 9420, 5.1.3: `DecryptWithLabel`; `undefined` where it does not decrypt. */
export function decryptWithLabel(
  crypto: CryptoProvider,
  privateKey: Uint8Array,
  label: string,
  context: Uint8Array,
  sealed: HpkeCiphertext,
): Bytes | undefined {
  return hpkeOpen(crypto, privateKey, labelled(label, context), sealed)
}

/** RFC 9420, 8: `ExpandWithLabel`. */
export function expandWithLabel(
  crypto: CryptoProvider,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  const prefix = labelPrefix(label)
  const size = opaqueSize(context)
  const info = new Uint8Array(2 + prefix.length + size)
  info[0] = length >> 8
  info[1] = length
  info.set(prefix, 2)
  writeOpaque(info, 2 + prefix.length, context)
  return crypto.expand(secret, info, length)
}

/** RFC 9420, 8: `DeriveSecret`. */
export function deriveSecret(crypto: CryptoProvider, secret: Uint8Array, label: string): Bytes {
  return expandWithLabel(crypto, secret, label, NOTHING, crypto.suite.hashLength)
}

/** RFC 9420, 9.1: `DeriveTreeSecret`. */
export function deriveTreeSecret(
  crypto: CryptoProvider,
  secret: Uint8Array,
  label: string,
  generation: number,
  length: number,
): Bytes {
  const context = new Uint8Array([generation >>> 24, generation >>> 16, generation >>> 8, generation])
  return expandWithLabel(crypto, secret, label, context, length)
}

/** RFC 9420, 5.2: `RefHash`. */
export function refHash(crypto: CryptoProvider, label: string, value: Uint8Array): Bytes {
  return crypto.hash(encode((w) => w.text(label).opaque(value), value.length + 64))
}

/** RFC 9420, 5.1.1 with RFC 9180, 7.1.4: refuses what nobody can encrypt to, before others have to. */
export function requireHpkeKey(crypto: CryptoProvider, publicKey: Uint8Array): void {
  if (!crypto.kem.isPublicKey(publicKey)) refuse("invalid-public-key", "5.1.1")
}

/** A fresh HPKE key pair. */
export function drawKeyPair(mls: MlsContext, purpose: string): KeyPair {
  return mls.crypto.kem.deriveKeyPair(draw(mls, mls.crypto.kem.seedLength, purpose))
}

/** `SignContent` and `EncryptContext` have the same form. */
function labelled(label: string, content: Uint8Array): Bytes {
  const prefix = labelPrefix(label)
  const out = new Uint8Array(prefix.length + opaqueSize(content))
  out.set(prefix)
  writeOpaque(out, prefix.length, content)
  return out
}

/** Label by label, what begins every struct with it. An application's own labels (RFC 9420, 8.5) are not kept. */
const prefixes = new Map<string, Bytes>()
const MOST_PREFIXES = 64

function labelPrefix(label: string): Bytes {
  const known = prefixes.get(label)
  if (known !== undefined) return known
  const prefix = encode((w) => w.text(`MLS 1.0 ${label}`))
  if (prefixes.size < MOST_PREFIXES) prefixes.set(label, prefix)
  return prefix
}

/** `opaque<V>` into a place that is large enough. */
function writeOpaque(into: Bytes, at: number, bytes: Uint8Array): void {
  const start = at + opaqueSize(bytes) - bytes.length
  const { length } = bytes
  if (length < 0x40) into[at] = length
  else if (length < 0x4000) new DataView(into.buffer).setUint16(at, 0x4000 | length)
  else new DataView(into.buffer).setUint32(at, 0x80000000 + length)
  into.set(bytes, start)
}
