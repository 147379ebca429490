import type { Bytes } from "@starling/kernel"

import type { CryptoProvider } from "./crypto-provider.ts"
import { deriveSecret, expandWithLabel } from "./labelled-crypto.ts"

/** RFC 9420, 8, table 4: the secrets of an epoch. */
export interface EpochSecrets {
  readonly senderData: Bytes
  /** The root of the secret tree: used up by `secretTree`, never kept. */
  readonly encryption: Bytes
  readonly exporter: Bytes
  readonly external: Bytes
  readonly confirmation: Bytes
  readonly membership: Bytes
  readonly resumption: Bytes
  readonly authenticator: Bytes
  readonly init: Bytes
}

/** RFC 9420, 8: from one epoch into the next. */
export function deriveJoinerSecret(
  crypto: CryptoProvider,
  initSecret: Uint8Array,
  commitSecret: Uint8Array,
  groupContext: Uint8Array,
): Bytes {
  const extracted = crypto.extract(initSecret, commitSecret)
  return expandWithLabel(crypto, extracted, "joiner", groupContext, crypto.suite.hashLength)
}

/** The secret that a Welcome is encrypted with, and those of the epoch. */
export function deriveWelcomeSecret(crypto: CryptoProvider, joinerSecret: Uint8Array, pskSecret: Uint8Array): Bytes {
  return deriveSecret(crypto, crypto.extract(joinerSecret, pskSecret), "welcome")
}

export function deriveEpochSecrets(
  crypto: CryptoProvider,
  joinerSecret: Uint8Array,
  pskSecret: Uint8Array,
  groupContext: Uint8Array,
): EpochSecrets {
  const memberSecret = crypto.extract(joinerSecret, pskSecret)
  return epochSecretsOf(crypto, expandWithLabel(crypto, memberSecret, "epoch", groupContext, crypto.suite.hashLength))
}

/** Everything that an `epoch_secret` gives. */
export function epochSecretsOf(crypto: CryptoProvider, epochSecret: Uint8Array): EpochSecrets {
  const derive = (label: string) => deriveSecret(crypto, epochSecret, label)
  return {
    senderData: derive("sender data"),
    encryption: derive("encryption"),
    exporter: derive("exporter"),
    external: derive("external"),
    confirmation: derive("confirm"),
    membership: derive("membership"),
    resumption: derive("resumption"),
    authenticator: derive("authentication"),
    init: derive("init"),
  }
}

/** RFC 9420, 8.5: `MLS-Exporter`. */
export function mlsExporter(
  crypto: CryptoProvider,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Bytes {
  return expandWithLabel(crypto, deriveSecret(crypto, exporterSecret, label), "exported", crypto.hash(context), length)
}
