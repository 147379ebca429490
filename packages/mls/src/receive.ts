import { assertNever, equalBytes, type Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import {
  framedContentTbs,
  framedSignatureIsValid,
  proposalReference,
  WireFormat,
  type AuthenticatedContent,
} from "./framing.ts"
import { memberOf, messageKeys, type GroupState, type Member } from "./group-state.ts"
import { decodeMlsMessage, type MlsMessage } from "./mls-message.ts"
import type { PskSource } from "./pre-shared-key.ts"
import { openPrivateMessage, type PrivateMessage } from "./private-message.ts"
import type { Proposal } from "./proposal.ts"
import { membershipTagIsValid, type PublicMessage } from "./public-message.ts"
import { leafAt } from "./ratchet-tree.ts"
import { receiveCommit, type ReceivedCommit, type SelfRemoved } from "./receive-commit.ts"
import { orRefused, refuse, type Refused } from "./refusal.ts"

export interface ReceiveOptions {
  /** Seconds since 1970; looked at only with `checkLifetimes`. */
  readonly now?: bigint
  /**
   * RFC 9420, 7.3 recommends it. Off unless asked for: members whose clocks differ, or who catch up late, would otherwise
   * disagree on which commits are valid.
   */
  readonly checkLifetimes?: boolean
  readonly psks?: PskSource
}

export interface ReceivedApplication {
  readonly kind: "application"
  readonly next: GroupState
  readonly sender: Member
  readonly data: Bytes
  readonly authenticatedData: Bytes
  readonly generation: number
}

/** A proposal by itself, kept in `next` until a commit refers to it. */
export interface ReceivedProposal {
  readonly kind: "proposal"
  readonly next: GroupState
  readonly sender: Member
  readonly proposal: Proposal
  readonly authenticatedData: Bytes
}

export type Received = ReceivedCommit | SelfRemoved | ReceivedApplication | ReceivedProposal | Refused

/** Content whose sender has been authenticated. */
interface Opened {
  readonly signed: AuthenticatedContent
  readonly sender: Member
  /** The state after the key of a PrivateMessage was used up. */
  readonly state: GroupState
  readonly generation: number
}

/** RFC 9420, 6: processes an MLSMessage for this group and epoch. Whatever comes of it, `state` is as it was. */
export function receive(
  mls: MlsContext,
  state: GroupState,
  message: Uint8Array,
  options: ReceiveOptions = {},
): Received {
  return orRefused(() => {
    const decoded = decodeMlsMessage(message)
    if (decoded.kind === "malformed") refuse("malformed", "6")
    return process(mls, open(mls, state, decoded.value), options)
  })
}

function process(mls: MlsContext, { signed, sender, state, generation }: Opened, options: ReceiveOptions): Received {
  const { content, authenticatedData } = signed.framed
  switch (content.kind) {
    case "application":
      return { kind: "application", next: state, sender, data: content.data, authenticatedData, generation }
    case "proposal": {
      const { proposal } = content
      const reference = proposalReference(mls.crypto, signed)
      const pending = { reference, proposal, sender: signed.framed.sender, encryptionPrivateKey: undefined }
      const next = { ...state, proposals: [...state.proposals, pending] }
      return { kind: "proposal", next, sender, proposal, authenticatedData }
    }
    case "commit": {
      const now = options.checkLifetimes === true ? options.now : undefined
      return receiveCommit(mls, state, signed, content.commit, sender.leafIndex, options.psks, now)
    }
    default:
      return assertNever(content)
  }
}

function open(mls: MlsContext, state: GroupState, message: MlsMessage): Opened {
  switch (message.kind) {
    case "public-message":
      return openPublic(mls, state, message.message)
    case "private-message":
      return openPrivate(mls, state, message.message)
    case "welcome":
    case "group-info":
    case "key-package":
      return refuse("unexpected-wire-format", "6")
    default:
      return assertNever(message)
  }
}

function openPublic(mls: MlsContext, state: GroupState, message: PublicMessage): Opened {
  const { framed, auth } = message
  requireEpoch(state, framed)
  if (framed.content.kind === "application") refuse("application-not-encrypted", "6.2")
  if (framed.sender.kind !== "member") refuse("sender-type-not-allowed", "6")
  if (framed.sender.leafIndex === state.ownLeafIndex) refuse("own-message", "12.4.2")
  const leaf = leafAt(state.tree, framed.sender.leafIndex) ?? refuse("unknown-sender", "6.2")
  const tbs = framedContentTbs(WireFormat.publicMessage, framed, state.contextBytes)
  if (!membershipTagIsValid(mls.crypto, state.keys.membership, tbs, message)) refuse("bad-membership-tag", "6.2")
  if (!framedSignatureIsValid(mls.crypto, leaf.signatureKey, tbs, auth.signature)) refuse("bad-signature", "6.1")
  const signed = { wireFormat: WireFormat.publicMessage, framed, auth }
  return { signed, sender: memberOf(framed.sender.leafIndex, leaf), state, generation: 0 }
}

function openPrivate(mls: MlsContext, state: GroupState, message: PrivateMessage): Opened {
  requireEpoch(state, message)
  const opened = openPrivateMessage(mls.crypto, messageKeys(state), message, (leafIndex) => {
    if (leafIndex === state.ownLeafIndex) refuse("own-message", "6.3.2")
    if (leafAt(state.tree, leafIndex) === undefined) refuse("unknown-sender", "6.3.2")
  })
  const { framed, auth, leafIndex, secretTree, generation } = opened
  const leaf = leafAt(state.tree, leafIndex) ?? refuse("unknown-sender", "6.3.2")
  const tbs = framedContentTbs(WireFormat.privateMessage, framed, state.contextBytes)
  if (!framedSignatureIsValid(mls.crypto, leaf.signatureKey, tbs, auth.signature)) refuse("bad-signature", "6.1")
  const signed = { wireFormat: WireFormat.privateMessage, framed, auth }
  return { signed, sender: memberOf(leafIndex, leaf), state: { ...state, secretTree }, generation }
}

function requireEpoch(state: GroupState, header: { readonly groupId: Bytes; readonly epoch: bigint }): void {
  if (!equalBytes(header.groupId, state.groupId)) refuse("wrong-group", "6")
  if (header.epoch !== state.epoch) refuse("wrong-epoch", "6")
}
