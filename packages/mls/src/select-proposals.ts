import { assertNever, toHex, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import { applyProposals, findPreSharedKeys } from "./apply-proposals.ts"
import type { MlsContext } from "./context.ts"
import type { GroupState, PendingProposal } from "./group-state.ts"
import { requireProfile } from "./leaf-node-validation.ts"
import type { LeafProfile } from "./leaf-node.ts"
import { findPending } from "./pending-proposals.ts"
import { isForFirstEpoch, writePreSharedKeyId, type PskSource } from "./pre-shared-key.ts"
import { sortMemberProposals, type SentProposal } from "./proposal-list.ts"
import type { Proposal } from "./proposal.ts"
import { orRefused, type RefusalReason } from "./refusal.ts"

/** A pending proposal that a commit does without. */
export interface LeftOut {
  readonly reference: Bytes
  readonly reason: RefusalReason
}

export interface Selection {
  readonly pending: readonly PendingProposal[]
  readonly leftOut: readonly LeftOut[]
}

interface Circumstances {
  readonly now: bigint
  readonly psks?: PskSource
  /** What the committer's own leaf will say. */
  readonly profile: LeafProfile
}

/** Why something is left out. */
type Objections = ReadonlyMap<SentProposal, RefusalReason>

/** Pending proposals by their references. */
export function namedProposals(state: GroupState, references: readonly Uint8Array[]): readonly PendingProposal[] {
  return references.map((reference) => {
    const pending = findPending(state, reference)
    if (pending === undefined) throw new RangeError("a commit refers to proposals of its epoch")
    return pending
  })
}

/**
 * RFC 9420, 12.2 and 12.4: as many pending proposals as make a valid list with those `byValue`. Only where `attempt`
 * refuses what their kinds alone do not rule out is each tried by itself, upon those before it.
 */
export function selectPending<T>(
  mls: MlsContext,
  state: GroupState,
  byValue: readonly SentProposal[],
  circumstances: Circumstances,
  attempt: (pending: readonly PendingProposal[]) => T,
): Selection & { readonly made: T } {
  const compatible = without(
    state.proposals,
    objections(state, byValue, () => undefined),
  )
  const outcome = orRefused(() => ({ kind: "ok", made: attempt(compatible.pending) }) as const)
  if (outcome.kind === "ok") return { ...compatible, made: outcome.made }
  const applicable = without(state.proposals, objections(state, byValue, applied(mls, state, circumstances)))
  return { ...applicable, made: attempt(applicable.pending) }
}

function without(proposals: readonly PendingProposal[], objections: Objections): Selection {
  const pending = proposals.filter((each) => !objections.has(each))
  const leftOut = proposals.flatMap((each) => {
    const reason = objections.get(each)
    return reason === undefined ? [] : [{ reference: each.reference, reason }]
  })
  return { pending, leftOut }
}

/** What can't be committed, or not beside what is preferred to it. `fails` is asked of all that is left, in order. */
function objections(
  state: GroupState,
  byValue: readonly SentProposal[],
  fails: (proposal: SentProposal) => RefusalReason | undefined,
): Objections {
  const found = new Map<SentProposal, RefusalReason>()
  const given = new Set(byValue)
  const taken = new Set(byValue.map(claimOf))
  for (const each of inOrder(byValue, state.proposals)) {
    if (given.has(each)) {
      fails(each)
      continue
    }
    const claim = claimOf(each)
    const reason = inadmissible(state, each) ?? (taken.has(claim) ? clash(each.proposal) : fails(each))
    if (reason === undefined) taken.add(claim)
    else found.set(each, reason)
  }
  const isReInit = byValue.some(({ proposal }) => proposal.kind === "reinit")
  const isOther = [...byValue, ...state.proposals].some((each) => each.proposal.kind !== "reinit" && !found.has(each))
  for (const each of state.proposals) {
    if (isReInit || (isOther && each.proposal.kind === "reinit")) found.set(each, "reinit-with-others")
  }
  return found
}

const ORDER: Readonly<Record<Proposal["kind"], number>> = {
  remove: 0,
  "group-context-extensions": 1,
  update: 2,
  add: 3,
  psk: 4,
  reinit: 5,
  "external-init": 5,
}

/**
 * As they are applied (RFC 9420, 12.3), but with extensions after the removals: those who leave need not support them. Of
 * several Updates or GroupContextExtensions the last comes first.
 */
function inOrder(byValue: readonly SentProposal[], pending: readonly SentProposal[]): readonly SentProposal[] {
  const isLastPreferred = ({ proposal: { kind } }: SentProposal) =>
    kind === "update" || kind === "group-context-extensions"
  const preferred = [
    ...pending.filter(isLastPreferred).toReversed(),
    ...pending.filter((each) => !isLastPreferred(each)),
  ]
  return [...byValue, ...preferred].toSorted((a, b) => ORDER[a.proposal.kind] - ORDER[b.proposal.kind])
}

/** What no member may commit, or not this one. */
function inadmissible(state: GroupState, { proposal, sender }: SentProposal): RefusalReason | undefined {
  switch (proposal.kind) {
    case "update":
      return sender.kind === "member" && sender.leafIndex === state.ownLeafIndex ? "update-by-committer" : undefined
    case "remove":
      return proposal.leafIndex === state.ownLeafIndex ? "remove-of-committer" : undefined
    case "psk":
      return isForFirstEpoch(proposal.id) ? "invalid-psk" : undefined
    case "external-init":
      return "external-init-in-member-commit"
    case "add":
    case "reinit":
    case "group-context-extensions":
      return undefined
    default:
      return assertNever(proposal)
  }
}

/** What a list may hold but one proposal for. */
function claimOf({ proposal, sender }: SentProposal): string {
  switch (proposal.kind) {
    case "remove":
      return `leaf ${proposal.leafIndex}`
    case "update":
      return sender.kind === "member" ? `leaf ${sender.leafIndex}` : "no leaf"
    case "add":
      return `client ${toHex(proposal.keyPackage.leafNode.signatureKey)}`
    case "psk":
      return `psk ${toHex(encode((w) => writePreSharedKeyId(w, proposal.id)))}`
    case "reinit":
    case "external-init":
    case "group-context-extensions":
      return proposal.kind
    default:
      return assertNever(proposal)
  }
}

function clash(proposal: Proposal): RefusalReason {
  switch (proposal.kind) {
    case "remove":
    case "update":
      return "two-proposals-for-one-leaf"
    case "add":
      return "client-added-twice"
    case "psk":
      return "duplicate-psk"
    case "reinit":
      return "reinit-with-others"
    case "external-init":
      return "external-init-in-member-commit"
    case "group-context-extensions":
      return "two-group-context-extensions"
    default:
      return assertNever(proposal)
  }
}

/** Applies one proposal after the other, and says which can't be. */
function applied(mls: MlsContext, state: GroupState, { now, psks, profile }: Circumstances) {
  let { tree, extensions } = state
  return (each: SentProposal): RefusalReason | undefined => {
    const outcome = orRefused(() => {
      const list = sortMemberProposals([each], state.ownLeafIndex, "first-epoch")
      findPreSharedKeys(mls, list.psks, psks)
      const after = applyProposals(mls, { ...state, tree, extensions }, list, now, state.ownLeafIndex)
      requireProfile(mls.crypto, profile, after.extensions)
      return { kind: "ok", ...after } as const
    })
    if (outcome.kind === "refused") return outcome.reason
    ;({ tree, extensions } = outcome)
    return undefined
  }
}
