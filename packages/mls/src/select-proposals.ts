import { assertNever, toHex, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import { applyProposals, findPreSharedKeys } from "./apply-proposals.ts"
import type { MlsContext } from "./context.ts"
import type { GroupState, PendingProposal } from "./group-state.ts"
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
  const compatible = without(state.proposals, conflicts(state, byValue))
  const outcome = orRefused(() => ({ kind: "ok", made: attempt(compatible.pending) }) as const)
  if (outcome.kind === "ok") return { ...compatible, made: outcome.made }
  const { pending, leftOut } = without(compatible.pending, failures(mls, state, byValue, compatible, circumstances))
  return { pending, leftOut: [...compatible.leftOut, ...leftOut], made: attempt(pending) }
}

function without(proposals: readonly PendingProposal[], objections: Objections): Selection {
  const pending = proposals.filter((each) => !objections.has(each))
  const leftOut = proposals.flatMap((each) => {
    const reason = objections.get(each)
    return reason === undefined ? [] : [{ reference: each.reference, reason }]
  })
  return { pending, leftOut }
}

/** What can't stand in one list with what is preferred to it. */
function conflicts(state: GroupState, byValue: readonly SentProposal[]): Objections {
  const objections = new Map<SentProposal, RefusalReason>()
  const taken = new Set<string>()
  for (const { proposal, sender } of byValue) taken.add(claimOf({ proposal, sender }))
  for (const each of inOrderOfPreference(state.proposals)) {
    const reason = inadmissible(state, each) ?? (taken.has(claimOf(each)) ? clash(each.proposal) : undefined)
    if (reason === undefined) taken.add(claimOf(each))
    else objections.set(each, reason)
  }
  const others = [...byValue, ...state.proposals].filter((each) => !objections.has(each))
  const isAlone = others.every(({ proposal }) => proposal.kind === "reinit")
  for (const each of state.proposals) {
    if (!isAlone && each.proposal.kind === "reinit") objections.set(each, "reinit-with-others")
  }
  if (byValue.some(({ proposal }) => proposal.kind === "reinit")) {
    for (const each of state.proposals) objections.set(each, "reinit-with-others")
  }
  return objections
}

/** Removes before Updates and the last Update, or GroupContextExtensions, first; else in the order in which they came. */
function inOrderOfPreference(proposals: readonly PendingProposal[]): readonly PendingProposal[] {
  const of = (...kinds: readonly Proposal["kind"][]) =>
    proposals.filter(({ proposal }) => kinds.includes(proposal.kind))
  return [
    ...of("remove"),
    ...of("update", "group-context-extensions").toReversed(),
    ...of("add", "psk", "reinit", "external-init"),
  ]
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

/** What does not go together with what comes before it when proposals are applied one by one. */
function failures(
  mls: MlsContext,
  state: GroupState,
  byValue: readonly SentProposal[],
  { pending }: Selection,
  { now, psks }: Circumstances,
): Objections {
  const objections = new Map<SentProposal, RefusalReason>()
  let { tree, extensions } = state
  for (const each of inOrderOfApplication([...byValue, ...pending])) {
    const outcome = orRefused(() => {
      const list = sortMemberProposals([each], state.ownLeafIndex, "first-epoch")
      findPreSharedKeys(mls, list.psks, psks)
      return {
        kind: "ok",
        ...applyProposals(mls, { ...state, tree, extensions }, list, now, state.ownLeafIndex),
      } as const
    })
    if (outcome.kind === "ok") ({ tree, extensions } = outcome)
    else objections.set(each, outcome.reason)
  }
  return objections
}

const ORDER: Readonly<Record<Proposal["kind"], number>> = {
  remove: 0,
  "group-context-extensions": 1,
  update: 2,
  add: 3,
  psk: 4,
  reinit: 4,
  "external-init": 4,
}

/** RFC 9420, 12.3, but that extensions come after the removals: those who leave need not support them. */
function inOrderOfApplication(proposals: readonly SentProposal[]): readonly SentProposal[] {
  return proposals.toSorted((a, b) => ORDER[a.proposal.kind] - ORDER[b.proposal.kind])
}
