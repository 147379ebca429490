import { decode } from "@starling/wire"

import {
  MLS10,
  readRequiredCapabilities,
  supportsExtension,
  supportsProposal,
  type Capabilities,
} from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import { credentialType } from "./credential.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import { ExtensionType, findExtension, type Extension } from "./extension.ts"
import { requireHpkeKey } from "./labelled-crypto.ts"
import {
  leafSignatureIsValid,
  type LeafNode,
  type LeafNodeSource,
  type LeafPosition,
  type LeafProfile,
} from "./leaf-node.ts"
import { refuse } from "./refusal.ts"

/** What a leaf node is held against. */
export interface LeafExpectation {
  readonly source: LeafNodeSource["kind"]
  /** Needed unless the source is a key package. */
  readonly position?: LeafPosition
  /** The leaf node that this one replaces. */
  readonly previous?: LeafNode
  /** The extensions of the GroupContext; none where no group is in sight yet. */
  readonly groupExtensions: readonly Extension[]
  /** Seconds since 1970. Where given, a lifetime that does not hold it is refused. */
  readonly now: bigint | undefined
}

/**
 * RFC 9420, 7.3, except what needs the whole tree: keys are unique because `RatchetTree` holds none twice, and
 * `requireCredentialsSupported` looks at the credential types of all.
 */
export function validateLeafNode(mls: MlsContext, leaf: LeafNode, expected: LeafExpectation): void {
  if (leaf.source.kind !== expected.source) refuse("wrong-leaf-source", "7.3")
  requireProfile(mls.crypto, leaf, expected.groupExtensions)
  if (expected.now !== undefined && leaf.source.kind === "key-package") {
    const { notBefore, notAfter } = leaf.source.lifetime
    if (expected.now < notBefore || expected.now > notAfter) refuse("lifetime", "7.3")
  }
  requireHpkeKey(mls.crypto, leaf.encryptionKey)
  const objection = mls.authenticate(leaf.credential, leaf.signatureKey, expected.previous?.credential, "member")
  if (objection !== undefined) refuse("credential-rejected", "5.3.1")
  if (!leafSignatureIsValid(mls.crypto, leaf, expected.position)) refuse("bad-signature", "7.3")
}

/** RFC 9420, 7.2, 7.3 and 11.1: whether what a leaf says of its client agrees with itself and with the group. */
export function requireProfile(
  { suite }: CryptoProvider,
  { capabilities, credential, extensions }: LeafProfile,
  groupExtensions: readonly Extension[],
): void {
  if (!capabilities.versions.includes(MLS10)) refuse("unsupported-version", "7.3")
  if (!capabilities.ciphersuites.includes(suite.id)) refuse("unsupported-ciphersuite", "7.3")
  requireCapabilities(capabilities, groupExtensions)
  if (!extensions.every(({ type }) => supportsExtension(capabilities, type))) refuse("extension-not-supported", "7.3")
  if (!capabilities.credentials.includes(credentialType(credential))) refuse("credential-not-supported", "7.2")
}

/** RFC 9420, 11.1 and 13.4: what a group with these extensions asks of each member. */
export function requireCapabilities(capabilities: Capabilities, groupExtensions: readonly Extension[]): void {
  if (!groupExtensions.every(({ type }) => supportsExtension(capabilities, type))) {
    refuse("extension-not-supported", "13.4")
  }
  const extension = findExtension(groupExtensions, ExtensionType.requiredCapabilities)
  if (extension === undefined) return
  const required = decode(extension.data, readRequiredCapabilities)
  if (required.kind === "malformed") refuse("malformed", "11.1")
  const { extensions, proposals, credentials } = required.value
  const met =
    extensions.every((type) => supportsExtension(capabilities, type)) &&
    proposals.every((type) => supportsProposal(capabilities, type)) &&
    credentials.every((type) => capabilities.credentials.includes(type))
  if (!met) refuse("required-capability-missing", "11.1")
}
