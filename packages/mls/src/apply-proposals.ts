import { equalBytes } from "@starling/kernel"

import { leafOf } from "./commit-report.ts"
import type { MlsContext } from "./context.ts"
import { requireCredentialsSupported } from "./credential-support.ts"
import type { Extension } from "./extension.ts"
import { validateExternalSenders } from "./external-senders.ts"
import type { GroupContext } from "./group-context.ts"
import { validateKeyPackage } from "./key-package-validation.ts"
import type { KeyPackage } from "./key-package.ts"
import { requireCapabilities, validateLeafNode } from "./leaf-node-validation.ts"
import { MAX_PSKS } from "./limits.ts"
import type { PreSharedKey, PreSharedKeyId, PskSource } from "./pre-shared-key.ts"
import type { ProposalList } from "./proposal-list.ts"
import { addLeaf, leafAt, leaves, removeLeaf, updateLeaf, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"

/** A tree and extensions with the proposals of a commit applied. */
export interface AppliedProposals {
  readonly tree: RatchetTree
  readonly extensions: readonly Extension[]
  readonly added: ReadonlyMap<number, KeyPackage>
}

/** What proposals are applied to. */
export interface ProposalBase extends GroupContext {
  readonly tree: RatchetTree
}

/**
 * RFC 9420, 12.3, with the validity of each proposal (12.1). `now` in seconds since 1970: where given, the lifetimes of
 * those added are looked at. A `committer` renews its leaf with the extensions, so that its old one need not support them.
 */
export function applyProposals(
  mls: MlsContext,
  base: ProposalBase,
  list: ProposalList,
  now: bigint | undefined,
  committer?: number,
): AppliedProposals {
  const extensions = list.groupContextExtensions ?? base.extensions
  if (list.reinit !== undefined && list.reinit.version < base.version) refuse("invalid-reinit", "12.1.5")
  let { tree } = base
  for (const leafIndex of list.removes) {
    if (leafAt(tree, leafIndex) === undefined) refuse("no-such-member", "12.1.3")
    tree = removeLeaf(tree, leafIndex)
  }
  for (const [leafIndex, leaf] of list.updates) {
    const current = leafOf(tree, leafIndex)
    if (equalBytes(current.encryptionKey, leaf.encryptionKey)) refuse("duplicate-encryption-key", "12.1.2")
    const position = { groupId: base.groupId, leafIndex }
    validateLeafNode(mls, leaf, { source: "update", position, previous: current, groupExtensions: extensions, now })
    tree = updateLeaf(tree, leafIndex, leaf)
  }
  if (list.groupContextExtensions !== undefined) {
    validateExternalSenders(mls, extensions, base.extensions)
    for (const { leafIndex, node } of leaves(tree.root)) {
      if (leafIndex !== committer) requireCapabilities(node.capabilities, extensions)
    }
  }
  const added = new Map<number, KeyPackage>()
  for (const keyPackage of list.adds) {
    validateKeyPackage(mls, keyPackage, extensions, now)
    const result = addLeaf(tree, keyPackage.leafNode)
    tree = result.tree
    added.set(result.leafIndex, keyPackage)
  }
  requireCredentialsSupported(tree.root)
  return { tree, extensions, added }
}

/** RFC 9420, 12.1.4: the keys that a commit or a Welcome names, in order. */
export function findPreSharedKeys(
  mls: MlsContext,
  ids: readonly PreSharedKeyId[],
  source: PskSource | undefined,
): readonly PreSharedKey[] {
  if (ids.length > MAX_PSKS) refuse("invalid-psk", "8.4")
  return ids.map((id) => {
    if (id.nonce.length !== mls.crypto.suite.hashLength) refuse("invalid-psk", "12.1.4")
    const key = source?.(id) ?? refuse("unknown-psk", "8.4")
    return { id, key }
  })
}
