import { MLS10, supportsExtension, type Capabilities } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import type { Credential } from "./credential.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import { isDefaultExtension, requireDistinctTypes, type Extension } from "./extension.ts"
import { greasedProfile } from "./grease.ts"
import type { LeafProfile } from "./leaf-node.ts"

/** What a client says of itself when it makes a leaf node out of nothing. */
export interface NewLeaf {
  readonly credential: Credential
  readonly signatureKeys: SignatureKeyPair
  /** Extension types beyond the RFC's own that this client knows. */
  readonly supportedExtensions?: readonly number[]
  /** Cipher suites that this client has providers for, beside that of its context. */
  readonly supportedCiphersuites?: readonly number[]
  readonly leafExtensions?: readonly Extension[]
  /** RFC 9420, 13.5: adds values that others must ignore, drawn from the context's source. */
  readonly grease?: boolean
}

/** What a member changes in its own leaf beside the keys; the rest stays. */
export interface LeafChange {
  /** The authentication services of the others must take it for a successor (RFC 9420, 5.3.1). */
  readonly credential?: Credential
  readonly signatureKeys?: SignatureKeyPair
  readonly capabilities?: Capabilities
  readonly extensions?: readonly Extension[]
}

export function newProfile(mls: MlsContext, leaf: NewLeaf): LeafProfile {
  const { supportedExtensions = [], supportedCiphersuites = [], leafExtensions = [] } = leaf
  requireDistinctTypes(leafExtensions)
  const capabilities: Capabilities = {
    versions: [MLS10],
    ciphersuites: [...new Set([mls.crypto.suite.id, ...supportedCiphersuites])],
    extensions: supportedExtensions.filter((type) => !isDefaultExtension(type)),
    proposals: [],
    credentials: [1, 2],
  }
  for (const { type } of leafExtensions) {
    if (!supportsExtension(capabilities, type)) throw new RangeError(`extension ${type} is not among those supported`)
  }
  const { credential, signatureKeys } = leaf
  const profile = { credential, signatureKey: signatureKeys.publicKey, capabilities, extensions: leafExtensions }
  return leaf.grease === true ? greasedProfile(mls, profile) : profile
}

export function changedProfile(current: LeafProfile, change: LeafChange): LeafProfile {
  requireDistinctTypes(change.extensions ?? [])
  return {
    signatureKey: change.signatureKeys?.publicKey ?? current.signatureKey,
    credential: change.credential ?? current.credential,
    capabilities: change.capabilities ?? current.capabilities,
    extensions: change.extensions ?? current.extensions,
  }
}
