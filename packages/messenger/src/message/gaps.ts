import type { Milliseconds } from "@starling/kernel"

import type { Group } from "../group/group.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { GAP_PATIENCE, MAX_BREAKS, MAX_CLAIMED } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { GroupWork } from "../group/group-work.ts"
import type { MessageId } from "./content.ts"
import { hasSeq, lastOf, missingFrom, type MessageVector, type SeqSet } from "./seq-set.ts"

/** Messages in a row, of one device, that are known to have been written and are not here. */
export interface Gap {
  readonly device: DeviceKey
  readonly count: number
  /** The message that is shown behind them; `undefined` where nothing later of this device is. */
  readonly before: MessageId | undefined
  /** Since when they are missed. */
  readonly since: Milliseconds
}

/**
 * What is missing, whatever the reason: it has not come yet, nobody who is left has it, or the keys to it are gone. That
 * it exists follows from what its author wrote later, or from a member's word. What was never for this device is none of it.
 */
export function gapsOf(group: Group, { claims, notOurs }: GroupWork, own: DeviceKey): readonly Gap[] {
  const gaps: Gap[] = []
  for (const device of new Set([...group.held.keys(), ...claims.keys()])) {
    if (device === own) continue
    const claim = claims.get(device)
    const breaks = group.delivery.breaks.filter((each) => each.device === device).sort((a, b) => a.seq - b.seq)
    const excused = [group.held, group.past, notOurs].map((vector: MessageVector) => vector.get(device) ?? [])
    const end = Math.max(claim?.to ?? 0, lastOf(group.held.get(device) ?? []))
    const unseen = excused.reduce<SeqSet>(missingFrom, end > 0 ? [{ from: 1, to: end }] : [])
    const missing = missingFrom(unseen, group.delivery.superseded.get(device) ?? [])
    for (const { from, to } of missing) {
      const next = breaks.find(({ seq }) => seq > to)
      const since = next?.at ?? (claim !== undefined && to <= claim.to ? claim.at : undefined)
      if (since === undefined || (next === undefined && to < lastOf(group.held.get(device) ?? []))) continue
      gaps.push({ device, count: to - from + 1, before: next?.message, since })
    }
  }
  return gaps
}

/** Notes whether something is missing before a message that has just been shown, and that nothing is behind it any more. */
export function noteArrival(turn: Turn, uuid: string, device: DeviceKey, seq: number, message: MessageId): void {
  const group = turn.group(uuid)
  const { breaks } = group.delivery
  const isClosed = breaks.some((each) => each.device === device && each.seq === seq + 1)
  const isMissed = seq > 1 && !isKnown(group, device, seq - 1)
  if (isClosed || isMissed) {
    const open = isClosed ? breaks.filter((each) => each.device !== device || each.seq !== seq + 1) : breaks
    const added = isMissed ? [{ device, seq, message, at: turn.now }] : []
    turn.changeDelivery(uuid, { breaks: [...open, ...added].slice(-MAX_BREAKS) })
  }
  if (isMissed) tellOfGaps(turn, uuid)
  else if (isClosed || (turn.work(uuid).claims.get(device)?.to ?? 0) >= seq) turn.notify({ kind: "group", group: uuid })
}

/** Notes up to where a member holds each device's messages: what it holds exists, by its word. */
export function noteClaims(turn: Turn, uuid: string, held: MessageVector): void {
  const group = turn.group(uuid)
  const claims = new Map(turn.work(uuid).claims)
  for (const [device, set] of held) {
    const known = lastOf(group.held.get(device) ?? [])
    const to = Math.min(lastOf(set), known + lastOf(group.past.get(device) ?? []) + MAX_CLAIMED)
    if (device === turn.own.device || to <= known || to <= (claims.get(device)?.to ?? 0)) continue
    const since = claims.get(device)
    claims.set(device, { to, at: since !== undefined && since.to > known ? since.at : turn.now })
    turn.changeWork(uuid, { claims })
    tellOfGaps(turn, uuid)
  }
}

/** A gap that has lasted is shown: a screen looks anew. */
export function showGapsIfDue(turn: Turn, uuid: string): void {
  const { gapsDueAt } = turn.work(uuid)
  if (gapsDueAt === undefined || gapsDueAt > turn.now) return
  const young = gapsOf(turn.group(uuid), turn.work(uuid), turn.own.device).map(({ since }) => since + GAP_PATIENCE)
  const later = young.filter((at) => at > turn.now)
  turn.changeWork(uuid, { gapsDueAt: later.length > 0 ? Math.min(...later) : undefined })
  turn.notify({ kind: "group", group: uuid })
}

function tellOfGaps(turn: Turn, uuid: string): void {
  const { gapsDueAt } = turn.work(uuid)
  if (gapsDueAt === undefined) turn.changeWork(uuid, { gapsDueAt: turn.now + GAP_PATIENCE })
}

function isKnown(group: Group, device: DeviceKey, seq: number): boolean {
  return [group.held, group.past, group.delivery.superseded].some((vector) => hasSeq(vector.get(device) ?? [], seq))
}
