import { type Bytes } from "@starling/kernel"

import { MLS10 } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import { draw } from "./draw.ts"
import { requireDistinctTypes, type Extension } from "./extension.ts"
import { startEpoch, type GroupState } from "./group-state.ts"
import { epochSecretsOf } from "./key-schedule.ts"
import { drawKeyPair } from "./labelled-crypto.ts"
import { requireProfile } from "./leaf-node-validation.ts"
import { signLeafNode, type Lifetime } from "./leaf-node.ts"
import { newProfile, type NewLeaf } from "./leaf-profile.ts"
import { orRefused } from "./refusal.ts"
import { treeOf } from "./ratchet-tree.ts"
import { treeHash } from "./tree-hash.ts"

export interface NewGroup extends NewLeaf {
  /** Never used before. */
  readonly groupId: Uint8Array
  readonly lifetime: Lifetime
  /** Of the GroupContext; types that are not the RFC's own must be among `supportedExtensions`. */
  readonly extensions?: readonly Extension[]
}

/** RFC 9420, 11: a group of one. */
export function createGroup(mls: MlsContext, group: NewGroup): GroupState {
  const { crypto } = mls
  const { extensions = [] } = group
  requireDistinctTypes(extensions)
  const profile = newProfile(mls, group)
  const fit = orRefused(() => requireProfile(crypto, profile, extensions))
  if (fit !== undefined) throw new RangeError(`the founder does not support its own group: ${fit.reason}`)
  const keys = drawKeyPair(mls, "leaf encryption key")
  const leaf = signLeafNode(crypto, group.signatureKeys.privateKey, {
    ...profile,
    encryptionKey: keys.publicKey,
    source: { kind: "key-package", lifetime: group.lifetime },
  })
  const tree = treeOf([leaf])
  const confirmedTranscriptHash: Bytes = new Uint8Array(0)
  const secrets = epochSecretsOf(crypto, draw(mls, crypto.suite.hashLength, "first epoch secret"))
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
