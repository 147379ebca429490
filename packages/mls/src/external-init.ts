import { utf8, type Bytes } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import type { MlsContext } from "./context.ts"
import type { CryptoProvider, KeyPair } from "./crypto-provider.ts"
import { draw } from "./draw.ts"
import { ExtensionType, findExtension, type Extension } from "./extension.ts"
import { hpkeExport } from "./hpke.ts"
import { MAX_PUBLIC_KEY } from "./limits.ts"
import { refuse } from "./refusal.ts"

const NOTHING = new Uint8Array(0)
const LABEL = utf8("MLS 1.0 external init secret")

/** RFC 9420, 8: the key pair that all members of an epoch hold together. */
export function externalKeyPair(crypto: CryptoProvider, externalSecret: Uint8Array): KeyPair {
  return crypto.kem.deriveKeyPair(externalSecret)
}

/** RFC 9420, 12.4.3.2, for a GroupInfo. */
export function externalPubExtension(publicKey: Uint8Array): Extension {
  return { type: ExtensionType.externalPub, data: encode((w) => w.opaque(publicKey)) }
}

/** The public key in a GroupInfo with these extensions. */
export function externalPubOf(extensions: readonly Extension[]): Bytes {
  const extension = findExtension(extensions, ExtensionType.externalPub) ?? refuse("no-external-pub", "12.4.3.2")
  const decoded = decode(extension.data, (r) => r.opaque(MAX_PUBLIC_KEY))
  return decoded.kind === "ok" ? decoded.value : refuse("malformed", "12.4.3.2")
}

/** RFC 9420, 8.3, for who joins: an init secret that the members can derive from `kemOutput`. Refuses a key that is none. */
export function createExternalInit(
  mls: MlsContext,
  externalPub: Uint8Array,
): { readonly kemOutput: Bytes; readonly initSecret: Bytes } {
  const { crypto } = mls
  const seed = draw(mls, crypto.kem.encapsulationSeedLength, "external init")
  const { kemOutput, sharedSecret } = crypto.kem.encapsulate(externalPub, seed) ?? refuse("invalid-public-key", "5.1.1")
  return { kemOutput, initSecret: exported(crypto, sharedSecret) }
}

/** RFC 9420, 8.3, for members. */
export function openExternalInit(crypto: CryptoProvider, externalSecret: Uint8Array, kemOutput: Uint8Array): Bytes {
  const { privateKey } = externalKeyPair(crypto, externalSecret)
  return exported(crypto, crypto.kem.decapsulate(privateKey, kemOutput) ?? refuse("invalid-kem-output", "8.3"))
}

function exported(crypto: CryptoProvider, sharedSecret: Uint8Array): Bytes {
  return hpkeExport(crypto, sharedSecret, NOTHING, LABEL, crypto.suite.hashLength)
}
