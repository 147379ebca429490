import { equalBytes, type Bytes } from "@starling/kernel"

import type { AppliedProposals } from "./apply-proposals.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import type { FramedContent, FramedWireFormat } from "./framing.ts"
import { encodeGroupContext, type GroupContext } from "./group-context.ts"
import type { GroupState } from "./group-state.ts"
import { deriveEpochSecrets, deriveJoinerSecret, type EpochSecrets } from "./key-schedule.ts"
import { derivePskSecret, type PreSharedKey } from "./pre-shared-key.ts"
import { subtreeAt, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { confirmedTranscriptHash } from "./transcript.ts"
import { treeHash } from "./tree-hash.ts"
import type { PathPlace, PrivateKeys } from "./treekem.ts"

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
export function requireSuccessor({ reinit, epoch }: GroupState): void {
  if (reinit !== undefined) refuse("group-reinitialised", "12.1.5")
  if (epoch === LAST_EPOCH) refuse("no-epoch-left", "8.1")
}

/** RFC 9420, 12.4: the last steps of a commit, the same for who makes it and who receives it. */
export function nextEpoch(
  crypto: CryptoProvider,
  state: GroupState,
  signed: SignedCommit,
  tree: RatchetTree,
  applied: AppliedProposals,
  initSecret: Bytes,
  commitSecret: Bytes,
  psks: readonly PreSharedKey[],
): NextEpoch {
  const { wireFormat, framed, signature } = signed
  const confirmed = confirmedTranscriptHash(crypto, state.interimTranscriptHash, wireFormat, framed, signature)
  const context = {
    ...provisionalContext(state, applied, treeHash(crypto, tree.root)),
    confirmedTranscriptHash: confirmed,
  }
  const contextBytes = encodeGroupContext(context)
  const joinerSecret = deriveJoinerSecret(crypto, initSecret, commitSecret, contextBytes)
  const pskSecret = derivePskSecret(crypto, psks)
  const secrets = deriveEpochSecrets(crypto, joinerSecret, pskSecret, contextBytes)
  const confirmationTag = crypto.hmac(secrets.confirmation, confirmed)
  return { context, joinerSecret, pskSecret, secrets, confirmationTag }
}

/** Where a committer's path goes. */
export function pathPlace(state: GroupState, applied: AppliedProposals, leafIndex: number): PathPlace {
  return {
    tree: applied.tree,
    leafIndex,
    addedLeaves: new Set(applied.added.keys()),
    groupContext: (hash) => encodeGroupContext(provisionalContext(state, applied, hash)),
  }
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

function provisionalContext(state: GroupState, applied: AppliedProposals, hash: Bytes): GroupContext {
  return {
    version: state.version,
    ciphersuite: state.ciphersuite,
    groupId: state.groupId,
    epoch: state.epoch + 1n,
    treeHash: hash,
    confirmedTranscriptHash: state.confirmedTranscriptHash,
    extensions: applied.extensions,
  }
}
