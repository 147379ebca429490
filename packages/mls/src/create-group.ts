import { type Bytes } from "@starling/kernel"

import { MLS10, ownCapabilities, supportsExtension } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import type { Credential } from "./credential.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import type { Extension } from "./extension.ts"
import { startEpoch, type GroupState } from "./group-state.ts"
import { epochSecretsOf } from "./key-schedule.ts"
import { drawKeyPair } from "./labelled-crypto.ts"
import { signLeafNode, type Lifetime } from "./leaf-node.ts"
import { treeOf } from "./ratchet-tree.ts"
import { treeHash } from "./tree-hash.ts"

export interface NewGroup {
  /** Never used before. */
  readonly groupId: Uint8Array
  readonly credential: Credential
  readonly signatureKeys: SignatureKeyPair
  readonly lifetime: Lifetime
  /** Of the GroupContext; types that are not the RFC's own must be among `supportedExtensions`. */
  readonly extensions?: readonly Extension[]
  readonly supportedExtensions?: readonly number[]
  readonly leafExtensions?: readonly Extension[]
}

/** RFC 9420, 11: a group of one. */
export function createGroup(mls: MlsContext, group: NewGroup): GroupState {
  const { crypto } = mls
  const { extensions = [], supportedExtensions = [], leafExtensions = [] } = group
  const capabilities = ownCapabilities(crypto.suite.id, supportedExtensions)
  for (const { type } of [...extensions, ...leafExtensions]) {
    if (!supportsExtension(capabilities, type)) throw new RangeError(`extension ${type} is not among those supported`)
  }
  const keys = drawKeyPair(mls, "leaf encryption key")
  const leaf = signLeafNode(crypto, group.signatureKeys.privateKey, {
    encryptionKey: keys.publicKey,
    signatureKey: group.signatureKeys.publicKey,
    credential: group.credential,
    capabilities,
    source: { kind: "key-package", lifetime: group.lifetime },
    extensions: leafExtensions,
  })
  const tree = treeOf([leaf])
  const confirmedTranscriptHash: Bytes = new Uint8Array(0)
  const secrets = epochSecretsOf(crypto, mls.random.draw(crypto.suite.hashLength, "first epoch secret"))
  return startEpoch(crypto, {
    context: {
      version: MLS10,
      ciphersuite: crypto.suite.id,
      groupId: new Uint8Array(group.groupId),
      epoch: 0n,
      treeHash: treeHash(crypto, tree.root),
      confirmedTranscriptHash,
      extensions,
    },
    tree,
    secrets,
    confirmationTag: crypto.hmac(secrets.confirmation, confirmedTranscriptHash),
    ownLeafIndex: 0,
    privateKeys: new Map([[0, keys.privateKey]]),
    signatureKeys: group.signatureKeys,
    reinit: undefined,
  })
}
