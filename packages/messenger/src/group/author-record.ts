import { FIRST_PREV, RECORD_KINDS, signRecord, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { bytesOf, encodeOperation, type Change } from "../record/operation.ts"
import { endOf, roomIn, type LogRoom } from "../record/record-log.ts"
import { MAX_DEPENDENCIES } from "../limits.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { Group } from "./group.ts"
import type { Turn } from "../peer/turn.ts"
import { frontier, precedes } from "./causal-past.ts"
import { sealEnvelope } from "./envelope.ts"
import type { Era } from "./era.ts"
import type { KnownOperation } from "./membership.ts"
import { addRecord, membershipOf } from "./rebuild-group.ts"

/** Appends a record to this device's own log and publishes it under `era`. */
export function authorRecord(
  turn: Turn,
  uuid: string,
  kind: number,
  body: Uint8Array,
  era: Era | undefined,
): LoggedRecord {
  const group = turn.group(uuid)
  const last = endOf(group.logs.get(turn.own.device) ?? [])
  const record = signRecord(turn.crypto, turn.own.signatureKeys.privateKey, {
    group: group.id,
    device: turn.own.certificate.signatureKey,
    seq: (last?.seq ?? 0) + 1,
    prev: last === undefined ? FIRST_PREV : bytesOf(last.hash),
    kind,
    body: new Uint8Array(body),
  })
  turn.putGroup(addRecord(turn.crypto, group, record))
  if (era !== undefined) {
    const data = sealEnvelope(turn.crypto, era, "upd", record.encoded)
    turn.effects.push({ kind: "publish", topic: era.topic, data })
  }
  return record
}

/**
 * What an operation of this device depends on: what it has, and what those who added it had. Nothing that itself rests on
 * something missing, which its author may have made up: whatever depended on that would never count.
 */
export function knownOperations(group: Group, own: DeviceKey): RecordHash[] {
  const unseen = group.knownAtEntry.filter((hash) => !group.operations.has(hash))
  const { pasts } = group.membership
  const whole = [...group.operations].filter(([hash]) => pasts.get(hash)?.complete === true)
  const ends = frontier(new Map(whole))
  // Above all what admits this device: without it, nothing that it says would count.
  const additions = whole.filter(([, op]) => isAdditionOf(op, own))
  const admission = ends.find((end) => additions.some(([hash]) => hash === end || precedes(pasts, hash, end)))
  const known = admission === undefined ? [...unseen, ...ends] : [admission, ...unseen, ...ends]
  return [...new Set(known)].slice(0, MAX_DEPENDENCIES)
}

/**
 * A member other than who let this device in has given everything that it holds: what the Welcome named and nobody brought may
 * never have been, and nothing is to depend on it any more. Where it comes after all, it is depended on as everything else.
 */
export function forgetInventedFrontier(turn: Turn, uuid: string, device: DeviceKey): void {
  const group = turn.group(uuid)
  const known = group.knownAtEntry.filter((hash) => group.operations.has(hash))
  if (known.length === group.knownAtEntry.length || !group.membership.desired.has(turn.own.identity)) return
  if (group.entries.some((sid) => group.forest.get(sid)?.device === device)) return
  turn.changeGroup(uuid, { knownAtEntry: known })
}

function isAdditionOf({ change }: KnownOperation, device: DeviceKey): boolean {
  return change.kind === "add" && change.device.device === device
}

/** What this device's log has room for: operations, also such that nobody asked for, testimonies and commits. */
export function ownRoom({ logs, membership }: Group, own: DeviceKey): LogRoom {
  return roomIn(logs.get(own) ?? [], membership.vouched.get(own) ?? 0)
}

/** Says what this member wants of the membership, knowing of every operation that it has. */
export function authorOperation(turn: Turn, uuid: string, change: Change): LoggedRecord {
  const group = turn.group(uuid)
  const deps = knownOperations(group, turn.own.device)
  const era = group.forest.get(group.live)?.era
  const record = authorRecord(turn, uuid, RECORD_KINDS.operation, encodeOperation({ change, deps }), era)
  turn.changeGroup(uuid, { membership: membershipOf(turn.group(uuid)) })
  return record
}
