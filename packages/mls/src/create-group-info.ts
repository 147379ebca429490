import type { Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import { externalKeyPair, externalPubExtension } from "./external-init.ts"
import { ExtensionType, requireDistinctTypes, type Extension } from "./extension.ts"
import { greaseExtension } from "./grease.ts"
import type { GroupContext } from "./group-context.ts"
import { signGroupInfo, type GroupInfo } from "./group-info.ts"
import type { GroupState } from "./group-state.ts"
import { encodeMlsMessage } from "./mls-message.ts"
import { encodeRatchetTree } from "./ratchet-tree-bytes.ts"

export interface NewGroupInfo {
  /** Whether its reader can join by it, without anybody's help: once, as a join ends the epoch. Not unless asked for. */
  readonly externalPub?: boolean
  /** Whether the tree stands inside, as it does unless told otherwise, or goes another way (see `ratchetTreeOf`). */
  readonly ratchetTree?: boolean
  readonly extensions?: readonly Extension[]
  /** RFC 9420, 13.5: adds an extension that others must ignore, drawn from the context's source. */
  readonly grease?: boolean
}

/** RFC 9420, 12.4.3: MLSMessage(GroupInfo) of this epoch, signed by this member. */
export function createGroupInfo(mls: MlsContext, state: GroupState, options: NewGroupInfo = {}): Bytes {
  return encodeMlsMessage({
    kind: "group-info",
    groupInfo: signedGroupInfo(mls, state, state, state.confirmationTag, options),
  })
}

/** The encoded ratchet tree (RFC 9420, 12.4.3.3), for those whose Welcome or GroupInfo has none inside. */
export function ratchetTreeOf(state: Pick<GroupState, "tree">): Bytes {
  return encodeRatchetTree(state.tree)
}

export function signedGroupInfo(
  mls: MlsContext,
  state: GroupState,
  groupContext: GroupContext,
  confirmationTag: Bytes,
  options: NewGroupInfo,
): GroupInfo {
  const { crypto } = mls
  const extensions: Extension[] = []
  if (options.ratchetTree !== false) {
    extensions.push({ type: ExtensionType.ratchetTree, data: encodeRatchetTree(state.tree) })
  }
  if (options.externalPub === true) {
    extensions.push(externalPubExtension(externalKeyPair(crypto, state.keys.external).publicKey))
  }
  extensions.push(...(options.extensions ?? []))
  if (options.grease === true) extensions.push(greaseExtension(mls))
  requireDistinctTypes(extensions)
  return signGroupInfo(crypto, state.signatureKeys.privateKey, {
    groupContext,
    extensions,
    confirmationTag,
    signer: state.ownLeafIndex,
  })
}
