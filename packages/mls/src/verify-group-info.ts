import type { Bytes } from "@starling/kernel"
import { decode } from "@starling/wire"

import { MLS10 } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import { ExtensionType, findExtension } from "./extension.ts"
import { validateExternalSenders } from "./external-senders.ts"
import { groupInfoSignatureIsValid, type GroupInfo } from "./group-info.ts"
import { memberOf, type Member } from "./group-state.ts"
import { readRatchetTree } from "./ratchet-tree-bytes.ts"
import { leafAt, type RatchetTree } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"
import { validateTree } from "./tree-validation.ts"

/** What a client that joins says of its surroundings. */
export interface JoinSurroundings {
  /** The encoded tree, for a GroupInfo that has none inside. */
  readonly ratchetTree?: Uint8Array
  /** RFC 9420, 12.4.3: whether this client is in a group of this id already; such a group is not joined. */
  readonly isInGroup?: (groupId: Bytes) => boolean
  /** Seconds since 1970; looked at only with `checkLifetimes`. */
  readonly now?: bigint
  readonly checkLifetimes?: boolean
}

/** RFC 9420, 12.4.3 and 12.4.3.1: the tree of a GroupInfo and who signed it, once all that it shows by itself is valid. */
export function verifyGroupInfo(
  mls: MlsContext,
  groupInfo: GroupInfo,
  { ratchetTree, isInGroup, now, checkLifetimes }: JoinSurroundings,
): { readonly tree: RatchetTree; readonly signer: Member } {
  const { crypto } = mls
  const { groupContext: context } = groupInfo
  if (context.version !== MLS10) refuse("unsupported-version", "12.4.3.1")
  if (context.ciphersuite !== crypto.suite.id) refuse("unsupported-ciphersuite", "12.4.3.1")
  if (isInGroup?.(context.groupId) === true) refuse("already-in-group", "12.4.3")
  const tree = readTree(groupInfo, ratchetTree)
  const leaf = leafAt(tree, groupInfo.signer) ?? refuse("inviter-missing", "12.4.3.1")
  if (!groupInfoSignatureIsValid(crypto, leaf.signatureKey, groupInfo)) refuse("bad-signature", "12.4.3.1")
  validateTree(mls, tree, context, lifetimesAt(checkLifetimes, now))
  validateExternalSenders(mls, context.extensions)
  return { tree, signer: memberOf(groupInfo.signer, leaf) }
}

/** The time that lifetimes must hold, if they are to be looked at. */
export function lifetimesAt(checkLifetimes: boolean | undefined, now: bigint | undefined): bigint | undefined {
  if (checkLifetimes !== true) return undefined
  if (now === undefined) throw new RangeError("lifetimes are checked against a time: give `now` with `checkLifetimes`")
  return now
}

function readTree({ extensions }: GroupInfo, given: Uint8Array | undefined): RatchetTree {
  const inside = findExtension(extensions, ExtensionType.ratchetTree)?.data
  const decoded = decode(inside ?? given ?? refuse("no-ratchet-tree", "12.4.3.1"), readRatchetTree)
  return decoded.kind === "ok" ? decoded.value : refuse("malformed", "12.4.3.3")
}
