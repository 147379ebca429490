import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import type { PendingProposal } from "./group-state.ts"
import { readPending, writePending } from "./state-fields.ts"
import type { StatePart } from "./state-parts.ts"

/**
 * What is pending in parts, so that one more proposal costs its own bytes alone: `proposal/N` for each, in the order in
 * which they came, and `proposals` with how many there are, without which nobody would miss one.
 */
export function changedProposals(before: Proposals | undefined, after: Proposals | undefined): readonly StatePart[] {
  if (before === after) return []
  const parts: StatePart[] = []
  if (before?.length !== after?.length) {
    parts.push({ name: COUNT, value: after && encode((w) => w.vectorLength(after.length)) })
  }
  for (let i = 0; i < Math.max(before?.length ?? 0, after?.length ?? 0); i++) {
    const [old, next] = [before?.[i], after?.[i]]
    if (old !== next) parts.push({ name: nameOf(i), value: next && encode((w) => writePending(w, next)) })
  }
  return parts
}

type Proposals = readonly PendingProposal[]

/** The proposals in these parts, among which others may be. */
export function proposalsOfParts(parts: ReadonlyMap<string, Bytes>): Decoded<Proposals> {
  const part = parts.get(COUNT)
  if (part === undefined) return LACKING
  const count = decode(part, (r) => r.vectorLength())
  if (count.kind === "malformed") return count
  const proposals: PendingProposal[] = []
  while (proposals.length < count.value) {
    const bytes = parts.get(nameOf(proposals.length))
    if (bytes === undefined) return LACKING
    const pending = decode(bytes, readPending)
    if (pending.kind === "malformed") return pending
    proposals.push(pending.value)
  }
  return ok(proposals)
}

/** Its value is written as RFC 9420, 2.1.2 writes a length. */
const COUNT = "proposals"
const LACKING = malformed("pending proposals that lack a part")

function nameOf(place: number): string {
  return `proposal/${place}`
}
