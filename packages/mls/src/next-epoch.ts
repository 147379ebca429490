import { equalBytes, type Bytes } from "@starling/kernel"

import type { AppliedProposals } from "./apply-proposals.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import type { FramedContent, FramedWireFormat } from "./framing.ts"
import { encodeGroupContext, type GroupContext } from "./group-context.ts"
import type { GroupState } from "./group-state.ts"
import { deriveEpochSecrets, deriveJoinerSecret, type EpochSecrets } from "./key-schedule.ts"
import { derivePskSecret, type PreSharedKey } from "./pre-shared-key.ts"
import { leafToJoin, subtreeAt, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { confirmedTranscriptHash } from "./transcript.ts"
import { treeHash } from "./tree-hash.ts"
import type { PathPlace, PrivateKeys } from "./treekem.ts"

/** The epoch that a commit ends, as one knows it who is in it or who joins after it. */
export interface EpochBefore extends GroupContext {
  readonly tree: RatchetTree
  readonly interimTranscriptHash: Bytes
}

/** What a commit makes of an epoch, up to the tag that confirms it. */
export interface NextEpoch {
  readonly context: GroupContext
  readonly joinerSecret: Bytes
  readonly pskSecret: Bytes
  readonly secrets: EpochSecrets
  readonly confirmationTag: Bytes
}

/** A signed commit with what it was found to contain. */
export interface SignedCommit {
  readonly wireFormat: FramedWireFormat
  readonly framed: FramedContent
  readonly signature: Bytes
}

/** RFC 9420, 8.1: an epoch is a uint64. */
const LAST_EPOCH = 2n ** 64n - 1n

/** Refuses a commit on a state that no epoch may follow. */
export function requireSuccessor({ reinit, epoch }: Pick<GroupState, "reinit" | "epoch">): void {
  if (reinit !== undefined) refuse("group-reinitialised", "12.1.5")
  if (epoch === LAST_EPOCH) refuse("no-epoch-left", "8.1")
}

/** RFC 9420, 12.4: the last steps of a commit, the same for who makes it and who receives it. */
export function nextEpoch(
  crypto: CryptoProvider,
  before: EpochBefore,
  signed: SignedCommit,
  tree: RatchetTree,
  applied: AppliedProposals,
  initSecret: Bytes,
  commitSecret: Bytes,
  psks: readonly PreSharedKey[],
): NextEpoch {
  const { wireFormat, framed, signature } = signed
  const confirmed = confirmedTranscriptHash(crypto, before.interimTranscriptHash, wireFormat, framed, signature)
  const context = {
    ...provisionalContext(before, applied, treeHash(crypto, tree.root)),
    confirmedTranscriptHash: confirmed,
  }
  const contextBytes = encodeGroupContext(context)
  const joinerSecret = deriveJoinerSecret(crypto, initSecret, commitSecret, contextBytes)
  const pskSecret = derivePskSecret(crypto, psks)
  const secrets = deriveEpochSecrets(crypto, joinerSecret, pskSecret, contextBytes)
  const confirmationTag = crypto.hmac(secrets.confirmation, confirmed)
  return { context, joinerSecret, pskSecret, secrets, confirmationTag }
}

/** Where a member's path goes. */
export function pathPlace(before: EpochBefore, applied: AppliedProposals, leafIndex: number): PathPlace {
  return {
    tree: applied.tree,
    leafIndex,
    addedLeaves: new Set(applied.added.keys()),
    groupContext: (hash) => encodeGroupContext(provisionalContext(before, applied, hash)),
  }
}

/** Where the path of one goes who joins by it (RFC 9420, 12.4.3.2). */
export function joinPlace(before: EpochBefore, applied: AppliedProposals): PathPlace {
  const { tree, leafIndex } = leafToJoin(applied.tree)
  return { ...pathPlace(before, applied, leafIndex), tree }
}

/** Without the private keys of nodes that are blank, or another's, in `after`. */
export function survivingKeys(before: RatchetTree, after: RatchetTree, privateKeys: PrivateKeys): PrivateKeys {
  return new Map(
    [...privateKeys].filter(([index]) => {
      const old = subtreeAt(before, index)
      const current = subtreeAt(after, index)
      if (old?.encoded === undefined || current?.encoded === undefined) return false
      return old === current || equalBytes(old.encryptionKey, current.encryptionKey)
    }),
  )
}

function provisionalContext(before: EpochBefore, applied: AppliedProposals, hash: Bytes): GroupContext {
  return {
    version: before.version,
    ciphersuite: before.ciphersuite,
    groupId: before.groupId,
    epoch: before.epoch + 1n,
    treeHash: hash,
    confirmedTranscriptHash: before.confirmedTranscriptHash,
    extensions: applied.extensions,
  }
}
