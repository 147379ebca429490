import type { CryptoProvider } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_NAMED_BYTES, MAX_NAMED_STRAYS } from "../limits.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { looseIn, trunkOf } from "../record/record-log.ts"
import { decodeTestimony } from "../record/testimony-record.ts"
import { withBody, type Forest } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { nameOf, needsIn, type Needs } from "./loose-needs.ts"
import type { KnownOperation } from "./membership.ts"
import { placeCommit, placeInOrder } from "./place-commit.ts"
import { hasDevice } from "./roster.ts"

/**
 * The records that a group does not keep: of logs that forked, what goes beyond their bounds and is named by no other device. What
 * others have built on stays, however many records its author puts beside it. A function of the records alone; `unplaced` are
 * the COMMITs among them that have no place yet.
 */
export function straysIn(
  crypto: CryptoProvider,
  group: Group,
  unplaced: readonly LoggedRecord[],
): ReadonlySet<RecordHash> {
  const strays = new Set([...group.logs.values()].flatMap((log) => [...looseIn(log)]))
  if (strays.size === 0) return strays
  const forest = forestWith(crypto, group, unplaced)
  const needs = needsIn(crypto, { ...group, forest }, strays)
  const loose = new Map(group.records.filter(({ hash }) => strays.has(hash)).map((record) => [record.hash, record]))
  for (const device of namersIn(group, new Set(loose.keys())))
    for (const hash of namedBy(device, { ...group, forest }, needs, loose)) strays.delete(hash)
  return strays
}

/** The forest as it is once every COMMIT has its place that can have one. */
function forestWith(crypto: CryptoProvider, group: Group, unplaced: readonly LoggedRecord[]): Forest {
  const forest = new Map(group.forest)
  placeInOrder(unplaced, (record) => {
    const placement = placeCommit(crypto, { ...group, forest }, record, 0)
    if (placement.kind !== "placed") return placement.kind
    const { node } = placement
    const known = forest.get(node.sid)
    if (node.sid !== group.creation) forest.set(node.sid, known?.parent === undefined ? node : withBody(known, node))
    return "placed"
  })
  return forest
}

/**
 * The devices whose word keeps something: brought in by operations of which each is kept without anybody's naming it. Otherwise
 * whoever signs many histories would have those whom it brings in by one of them name the others.
 */
function namersIn({ founding, operations, membership }: Group, loose: ReadonlySet<RecordHash>): ReadonlySet<DeviceKey> {
  const additions = [...operations.values()].filter(
    (op) => op.change.kind === "add" && !loose.has(op.hash) && membership.permits(op),
  )
  const namers = new Set([founding.creator.device])
  for (let before = 0; before !== namers.size;) {
    before = namers.size
    for (const { device, change } of additions)
      if (change.kind === "add" && namers.has(device)) namers.add(change.device.device)
  }
  return namers
}

/**
 * What one device has everybody keep of others' logs, each time with all that it rests on or not at all, in the order in which it said
 * so in the longest branch of its log: so much that no honest device ever needs more.
 */
function namedBy(
  device: DeviceKey,
  group: Group,
  needs: Needs,
  loose: ReadonlyMap<RecordHash, LoggedRecord>,
): ReadonlySet<RecordHash> {
  const named = new Set<RecordHash>()
  const done = new Set<ReadonlySet<RecordHash>>()
  const share = 4 ** -(group.membership.vouched.get(device) ?? 0)
  let [room, bytes] = [MAX_NAMED_STRAYS * share, MAX_NAMED_BYTES * share]
  for (const record of trunkOf(group.logs.get(device) ?? [])) {
    const all = neededBy(record, group, needs)
    if (all === undefined || done.has(all)) continue
    done.add(all)
    const fresh = [...all].flatMap((hash) => (named.has(hash) ? [] : (loose.get(hash) ?? [])))
    const others = fresh.filter(({ author }) => author !== device)
    const size = others.reduce((sum, { encoded }) => sum + encoded.length, 0)
    if (others.length > room || size > bytes) continue
    for (const { hash } of others) named.add(hash)
    room -= others.length
    bytes -= size
  }
  return named
}

/** What a record that counts rests on: an operation that its author was entitled to, or a COMMIT or SUPPORT that has its place. */
function neededBy(
  record: LoggedRecord,
  { operations, membership, forest }: Group,
  needs: Needs,
): ReadonlySet<RecordHash> | undefined {
  const { kind, hash, author, body } = record
  if (kind === RECORD_KINDS.operation)
    return isAdmitted(operations.get(hash), membership) ? needs.ofOperation(hash) : undefined
  if (kind === RECORD_KINDS.commit) {
    const node = forest.get(nameOf(record)?.sid ?? "")
    return node?.parent !== undefined && node.device === author ? needs.below(node.sid) : undefined
  }
  if (kind !== RECORD_KINDS.support) return undefined
  const support = decodeTestimony(body)
  const node = forest.get(support.kind === "ok" ? support.value : "")
  const isWitness = hasDevice(forest.get(node?.parent ?? "")?.roster ?? [], author)
  return node !== undefined && isWitness ? needs.upTo(node.sid) : undefined
}

function isAdmitted(op: KnownOperation | undefined, { permits, pasts }: Group["membership"]): boolean {
  return op !== undefined && pasts.get(op.hash)?.complete === true && permits(op)
}
