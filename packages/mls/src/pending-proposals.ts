import { equalBytes } from "@starling/kernel"

import type { GroupState, PendingProposal, RetainedState } from "./group-state.ts"
import { MAX_PENDING, MAX_PENDING_FROM_OUTSIDE } from "./limits.ts"
import { refuse } from "./refusal.ts"

/** RFC 9420, 12.1: keeps a proposal; one that is kept already stays as it was. */
export function withPending(state: GroupState, pending: PendingProposal): GroupState {
  if (findPending(state, pending.reference) !== undefined) return state
  const isFromOutside = ({ sender }: PendingProposal) => sender.kind !== "member"
  const outside = isFromOutside(pending) ? state.proposals.filter(isFromOutside).length : 0
  if (state.proposals.length >= MAX_PENDING || outside >= MAX_PENDING_FROM_OUTSIDE) refuse("too-many-proposals", "12.1")
  return { ...state, proposals: [...state.proposals, pending] }
}

export function findPending(
  { proposals }: Pick<RetainedState, "proposals">,
  reference: Uint8Array,
): PendingProposal | undefined {
  return proposals.find((pending) => equalBytes(pending.reference, reference))
}
