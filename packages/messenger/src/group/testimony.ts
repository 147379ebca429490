import type { IdentityId } from "../identity/identity-id.ts"
import type { StateId } from "../record/operation.ts"
import { RECORD_KINDS, type LoggedRecord } from "../record/record.ts"
import { decodeTestimony } from "../record/testimony-record.ts"

/** What members signed about states, besides their commits. Both only grow. */
export interface Testimony {
  /** By state: who says that they are in it. */
  readonly supports: Witnesses
  /** By state: who holds its parent's keys, and says that they do not lead into it. */
  readonly refusals: Witnesses
}
export type Witnesses = ReadonlyMap<StateId, ReadonlySet<IdentityId>>

export const NO_TESTIMONY: Testimony = { supports: new Map(), refusals: new Map() }

/** With what `record`, by a device of `author`, testifies to. */
export function withTestimony(testimony: Testimony, record: LoggedRecord, author: IdentityId): Testimony {
  if (record.kind !== RECORD_KINDS.support && record.kind !== RECORD_KINDS.refusal) return testimony
  const sid = decodeTestimony(record.body)
  if (sid.kind !== "ok") return testimony
  const side = record.kind === RECORD_KINDS.support ? "supports" : "refusals"
  const witnesses = testimony[side].get(sid.value)
  if (witnesses?.has(author) === true) return testimony
  return { ...testimony, [side]: new Map(testimony[side]).set(sid.value, new Set(witnesses).add(author)) }
}
