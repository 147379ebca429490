import { assertNever, equalBytes, type Bytes } from "@starling/kernel"

import { leafOf } from "./commit-report.ts"
import type { Commit } from "./commit.ts"
import type { MlsContext } from "./context.ts"
import {
  framedContentTbs,
  framedSignatureIsValid,
  proposalReference,
  WireFormat,
  type AuthenticatedContent,
} from "./framing.ts"
import { memberOf, messageKeys, type GroupState, type Member, type RetainedState } from "./group-state.ts"
import { openMlsMessage } from "./mls-message.ts"
import { withPending } from "./pending-proposals.ts"
import type { PskSource } from "./pre-shared-key.ts"
import { openPrivateMessage, type PrivateMessage } from "./private-message.ts"
import type { Proposal } from "./proposal.ts"
import { authorOf, type Author, type Proposer } from "./public-author.ts"
import { membershipTagIsValid, type PublicMessage } from "./public-message.ts"
import { leafAt } from "./ratchet-tree.ts"
import { receiveCommit, type ReceivedCommit, type SelfRemoved } from "./receive-commit.ts"
import { orRefused, refuse, type Refused } from "./refusal.ts"
import { decodingOnce } from "./subtree.ts"
import { lifetimesAt } from "./verify-group-info.ts"

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
  /** By the sender, over all of this: `applicationSignatureIsValid` checks it again. */
  readonly signature: Bytes
}

/** A proposal by itself, kept in `next` until a commit refers to it. */
export interface ReceivedProposal {
  readonly kind: "proposal"
  readonly next: GroupState
  /**
   * Whether somebody outside of the group may propose this is for the application to say (RFC 9420, 12.1.8): who does not
   * want it committed goes on from the state before.
   */
  readonly sender: Proposer
  readonly proposal: Proposal
  /** Names it in `NewCommit.references`. */
  readonly reference: Bytes
  readonly authenticatedData: Bytes
}

export type Received = ReceivedCommit | SelfRemoved | ReceivedApplication | ReceivedProposal | Refused

/** Content whose author has been authenticated. */
interface Opened {
  readonly signed: AuthenticatedContent
  readonly author: Author
}

/** RFC 9420, 6: processes an MLSMessage for this group and epoch. Whatever comes of it, `state` is as it was. */
export function receive(
  mls: MlsContext,
  state: GroupState,
  message: Uint8Array,
  options: ReceiveOptions = {},
): Received {
  return orRefused(() => decodingOnce(() => process(mls, state, message, options)))
}

function process(mls: MlsContext, state: GroupState, message: Uint8Array, options: ReceiveOptions): Received {
  const decoded = openMlsMessage(message, "6")
  switch (decoded.kind) {
    case "public-message":
      return processPublic(mls, state, openPublic(mls, state, decoded.message), options)
    case "private-message":
      return processPrivate(mls, state, decoded.message, options)
    case "welcome":
    case "group-info":
    case "key-package":
      return refuse("unexpected-wire-format", "6")
    default:
      return assertNever(decoded)
  }
}

/**
 * The same of a state that `scrub` has left: only for a commit in a PublicMessage, and not for one by which somebody
 * joins. Both need secrets that are gone, as do PrivateMessages.
 */
export function receiveCommitLate(
  mls: MlsContext,
  state: RetainedState,
  message: Uint8Array,
  options: ReceiveOptions = {},
): ReceivedCommit | SelfRemoved | Refused {
  return orRefused(() => {
    const decoded = openMlsMessage(message, "6")
    if (decoded.kind === "private-message") refuse("secret-gone", "6.3")
    if (decoded.kind !== "public-message") return refuse("unexpected-wire-format", "6")
    const { signed, author } = openPublic(mls, state, decoded.message)
    const { content } = signed.framed
    if (content.kind !== "commit") return refuse("secret-gone", "9")
    return processCommit(mls, state, signed, content.commit, author, undefined, options)
  })
}

function processPublic(
  mls: MlsContext,
  state: GroupState,
  { signed, author }: Opened,
  options: ReceiveOptions,
): Received {
  const { content } = signed.framed
  switch (content.kind) {
    case "application":
      return refuse("application-not-encrypted", "6.2")
    case "proposal":
      return keepProposal(mls, state, signed, content.proposal, author)
    case "commit":
      return processCommit(mls, state, signed, content.commit, author, state.keys.external, options)
    default:
      return assertNever(content)
  }
}

function processPrivate(
  mls: MlsContext,
  before: GroupState,
  message: PrivateMessage,
  options: ReceiveOptions,
): Received {
  requireEpoch(before, message)
  const opened = openPrivateMessage(
    mls.crypto,
    messageKeys(before),
    message,
    (leafIndex) => {
      if (leafIndex === before.ownLeafIndex) refuse("own-message", "6.3.2")
      if (leafAt(before.tree, leafIndex) === undefined) refuse("unknown-sender", "6.3.2")
    },
    mls.ratchetLimits,
  )
  const { framed, auth, leafIndex, secretTree, generation } = opened
  const leaf = leafOf(before.tree, leafIndex)
  const tbs = framedContentTbs(WireFormat.privateMessage, framed, before.contextBytes)
  if (!framedSignatureIsValid(mls.crypto, leaf.signatureKey, tbs, auth.signature)) refuse("bad-signature", "6.1")
  const signed = { wireFormat: WireFormat.privateMessage, framed, auth }
  const sender = memberOf(leafIndex, leaf)
  const author = { kind: "member", ...sender } as const
  const state = { ...before, secretTree }
  const { content, authenticatedData } = framed
  switch (content.kind) {
    case "application": {
      requireOpen(state)
      const { data } = content
      return {
        kind: "application",
        next: state,
        sender,
        data,
        authenticatedData,
        generation,
        signature: auth.signature,
      }
    }
    case "proposal":
      return keepProposal(mls, state, signed, content.proposal, author)
    case "commit":
      return processCommit(mls, state, signed, content.commit, author, state.keys.external, options)
    default:
      return assertNever(content)
  }
}

function keepProposal(
  mls: MlsContext,
  state: GroupState,
  signed: AuthenticatedContent,
  proposal: Proposal,
  author: Author,
): ReceivedProposal {
  if (author.kind === "joiner") throw new TypeError("one that joins by a commit proposes nothing by itself")
  requireOpen(state)
  const reference = proposalReference(mls.crypto, signed)
  const { sender, authenticatedData } = signed.framed
  const next = withPending(state, { reference, proposal, sender, ownKeys: undefined })
  return { kind: "proposal", next, sender: author, proposal, reference, authenticatedData }
}

function processCommit(
  mls: MlsContext,
  state: RetainedState,
  signed: AuthenticatedContent,
  commit: Commit,
  author: Author,
  external: Bytes | undefined,
  options: ReceiveOptions,
): ReceivedCommit | SelfRemoved {
  if (author.kind !== "member" && author.kind !== "joiner") throw new TypeError("nobody else commits")
  const by = author.kind === "member" ? author : ({ kind: "joiner" } as const)
  const now = lifetimesAt(options.checkLifetimes, options.now)
  return receiveCommit(mls, state, signed, commit, by, { external, psks: options.psks }, now)
}

function openPublic(mls: MlsContext, state: RetainedState, message: PublicMessage): Opened {
  const { framed, auth } = message
  requireEpoch(state, framed)
  if (framed.sender.kind === "member" && framed.sender.leafIndex === state.ownLeafIndex) refuse("own-message", "12.4.2")
  const author = authorOf(state, framed)
  const tbs = framedContentTbs(WireFormat.publicMessage, framed, state.contextBytes)
  if (author.kind === "member" && !membershipTagIsValid(mls.crypto, state.keys.membership, tbs, message)) {
    refuse("bad-membership-tag", "6.2")
  }
  if (!framedSignatureIsValid(mls.crypto, author.signatureKey, tbs, auth.signature)) refuse("bad-signature", "6.1")
  return { signed: { wireFormat: WireFormat.publicMessage, framed, auth }, author }
}

/** RFC 9420, 12.4.2: after a ReInit the group sends nothing more. */
function requireOpen({ reinit }: RetainedState): void {
  if (reinit !== undefined) refuse("group-reinitialised", "12.4.2")
}

function requireEpoch(state: RetainedState, header: { readonly groupId: Bytes; readonly epoch: bigint }): void {
  if (!equalBytes(header.groupId, state.groupId)) refuse("wrong-group", "6")
  if (header.epoch !== state.epoch) refuse("wrong-epoch", "6")
}
