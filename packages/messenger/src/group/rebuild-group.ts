import type { Decoded } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { MessageId } from "../message/content.ts"
import { withMailboxWord } from "../mailbox/mailbox-words.ts"
import { NO_DELIVERY } from "../message/group-delivery.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { decodeOperation, type Operation } from "../record/operation.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { appendRecord, precursorOf, type RecordLogs } from "../record/record-log.ts"
import {
  bearerOf,
  bearersOf,
  consentsIn,
  differingFrom,
  firstBearers,
  withClaim,
  withConsent,
  type Bearers,
  type Naming,
} from "./bearers.ts"
import { eraOf } from "./era.ts"
import { NO_BODY, withBody, type ForestNode } from "./forest-node.ts"
import type { Founding } from "./group-extensions.ts"
import { creationId, uuidOf } from "./group-id.ts"
import type { GroupRow } from "./group-row.ts"
import type { Group } from "./group.ts"
import { resolveMembership, type KnownOperation } from "./membership.ts"
import type { NodeRow } from "./node-row.ts"
import { placeCommit, placeInOrder } from "./place-commit.ts"
import { rosterOf } from "./roster.ts"
import { NO_TESTIMONY, withTestimony } from "./testimony.ts"

/** A group of which no record has come yet. */
export function bareGroup(crypto: CryptoProvider, row: GroupRow, shown: ReadonlySet<MessageId>): Group {
  const creation = creationNode(crypto, row.id, row.founding)
  return {
    ...row,
    uuid: uuidOf(row.id),
    records: [],
    logs: new Map(),
    operations: new Map(),
    bearers: firstBearers(row.founding.creator),
    membership: resolveMembership(new Map(), row.founding),
    testimony: NO_TESTIMONY,
    mailboxWords: new Map(),
    forest: new Map([[creation.sid, creation]]),
    creation: creation.sid,
    chosen: creation.sid,
    live: creation.sid,
    shown,
    delivery: NO_DELIVERY,
  }
}

/** Appends a record that continues its device's log; what it says takes effect with `membershipOf` and `placeCommit`. */
export function addRecord(crypto: CryptoProvider, group: Group, record: LoggedRecord): Group {
  const read: ReadOperation = ({ body }) => decodeOperation(crypto, body)
  const logs = appendRecord(group.logs, record)
  const added = { ...group, records: [...group.records, record], logs }
  const consents = consentsIn(crypto, record)
  const bearers = consents.reduce(withConsent, group.bearers)
  const devices = consents.map(({ device }) => device)
  return withMeaning(read, withBearers(read, added, bearers, devices), record)
}

/** The same for all records of a group that has none yet. */
function addRecords(crypto: CryptoProvider, bare: Group, records: readonly LoggedRecord[]): Group {
  const known = new Map<RecordHash, Decoded<Operation>>()
  const read: ReadOperation = ({ hash, body }) => {
    const operation = known.get(hash) ?? decodeOperation(crypto, body)
    known.set(hash, operation)
    return operation
  }
  const logs = Map.groupBy(records, ({ author }) => author)
  const { creator } = bare.founding
  const consents = records.flatMap((record) => consentsIn(crypto, record))
  const bearers = bearersOf(creator, namingsIn(read, logs, creator.device), consents)
  return readAnew(read, { ...bare, records, logs, bearers })
}

type ReadOperation = (record: LoggedRecord) => Decoded<Operation>

/** The devices that additions name, from the creator's on. */
function namingsIn(read: ReadOperation, logs: RecordLogs, creator: DeviceKey): Naming[] {
  const namings: Naming[] = []
  const named = new Set([creator])
  for (const by of named)
    for (const record of logs.get(by) ?? []) {
      const operation = record.kind === RECORD_KINDS.operation ? read(record) : undefined
      if (operation?.kind !== "ok" || operation.value.change.kind !== "add") continue
      const { device } = operation.value.change
      namings.push({ device, by })
      named.add(device.device)
    }
  return namings
}

/** With what `record` says. An addition by a device of which nobody knows yet whose it is names a device all the same. */
function withMeaning(read: ReadOperation, group: Group, record: LoggedRecord): Group {
  if (!group.bearers.claims.has(record.author) || group.operations.has(record.hash)) return group
  const author = bearerOf(group, record.author)
  if (record.kind !== RECORD_KINDS.operation) return author === undefined ? group : withWord(group, record, author)
  const decoded = read(record)
  if (decoded.kind !== "ok") return group
  const { change } = decoded.value
  const next = author === undefined ? group : withOperation(group, record, author, decoded.value)
  if (change.kind !== "add") return next
  const { device } = change
  return withBearers(read, next, withClaim(next.bearers, device, record.author), [device.device])
}

/**
 * Where something new is known of `devices`: of those that speak for somebody now, with what they say; where one spoke for another,
 * everything is read anew.
 */
function withBearers(read: ReadOperation, group: Group, bearers: Bearers, devices: readonly DeviceKey[]): Group {
  if (bearers === group.bearers) return group
  const differing = differingFrom(group.bearers, bearers, devices).filter((device) => group.logs.has(device))
  const next = { ...group, bearers }
  if (differing.some((device) => bearerOf(group, device) !== undefined)) return readAnew(read, next)
  const silent = differing.flatMap((device) => group.logs.get(device) ?? [])
  return silent.reduce((known, record) => withMeaning(read, known, record), next)
}

function readAnew(read: ReadOperation, group: Group): Group {
  const bare: Group = { ...group, operations: new Map(), testimony: NO_TESTIMONY, mailboxWords: new Map() }
  const known = group.records.reduce((next, record) => withMeaning(read, next, record), bare)
  return { ...known, membership: resolveMembership(known.operations, known.founding) }
}

function withWord(group: Group, record: LoggedRecord, author: IdentityId): Group {
  const testimony = withTestimony(group.testimony, record, author)
  const mailboxWords = withMailboxWord(group.mailboxWords, record, author)
  return { ...group, testimony, mailboxWords }
}

function withOperation(group: Group, record: LoggedRecord, author: IdentityId, operation: Operation): Group {
  const previous = previousOperation(group, record)
  const known: KnownOperation = { ...operation, hash: record.hash, author, device: record.author, previous }
  return { ...group, operations: new Map(group.operations).set(record.hash, known) }
}

export function membershipOf(group: Group): Group["membership"] {
  return resolveMembership(group.operations, group.founding, group.membership)
}

/** The group as it was when its rows were written; also the COMMITs that had not found their place. */
export function rebuildGroup(
  crypto: CryptoProvider,
  row: GroupRow,
  records: readonly LoggedRecord[],
  nodes: readonly NodeRow[],
  shown: ReadonlySet<MessageId>,
  plainTopics: boolean,
): { readonly group: Group; readonly unplaced: readonly LoggedRecord[] } {
  let group = addRecords(crypto, bareGroup(crypto, row, shown), records)
  const plain = plainTopics ? group.uuid : undefined
  const rows = new Map(nodes.map((node) => [node.sid, node]))
  const withRow = (node: ForestNode): ForestNode => {
    const row = rows.get(node.sid)
    return row === undefined ? node : { ...node, ...overlay(crypto, row, plain) }
  }
  const forest = new Map(Array.from(group.forest, ([sid, node]) => [sid, withRow(node)] as const))
  group = { ...group, forest }
  const commits = records.filter((record) => record.kind === RECORD_KINDS.commit)
  const { waiting, doubtful } = placeInOrder(commits, (record) => {
    const placement = placeCommit(crypto, group, record, 0)
    if (placement.kind !== "placed") return placement.kind
    const { node } = placement
    const known = forest.get(node.sid)
    // Where it came only now, it finds its place as what comes does.
    if (known === undefined && !rows.has(node.sid)) return "waiting"
    forest.set(node.sid, known?.parent === undefined ? withRow(node) : withBody(known, node))
    return "placed"
  })
  for (const node of nodes)
    if (!forest.has(node.sid) && node.standing.kind === "held")
      forest.set(node.sid, { ...detachedNode(crypto, node), ...overlay(crypto, node, plain) })
  return { group, unplaced: [...waiting, ...doubtful] }
}

/** The group without some of its records, and without what they led to; also the COMMITs that have no place. */
export function withoutRecords(
  crypto: CryptoProvider,
  group: Group,
  dropped: ReadonlySet<RecordHash>,
  plainTopics: boolean,
): { readonly group: Group; readonly unplaced: readonly LoggedRecord[] } {
  const records = group.records.filter(({ hash }) => !dropped.has(hash))
  const nodes = Array.from(group.forest.values(), (node) => ({ ...node, eraKey: node.era?.key }))
  const rebuilt = rebuildGroup(crypto, group, records, nodes, group.shown, plainTopics)
  const isRooted = ({ sid, parent }: ForestNode): boolean =>
    parent !== undefined || sid === group.creation || group.entries.includes(sid)
  const forest = new Map([...rebuilt.group.forest].filter(([, node]) => isRooted(node)))
  // The tips are those of before until they are chosen anew, so that a change is seen.
  const { chosen, live, delivery } = group
  return { group: { ...rebuilt.group, forest, chosen, live, delivery }, unplaced: rebuilt.unplaced }
}

function overlay(crypto: CryptoProvider, row: NodeRow, plainTopic: string | undefined) {
  const era = row.eraKey === undefined ? undefined : eraOf(crypto, row.eraKey, plainTopic)
  return { standing: row.standing, placedAt: row.placedAt, era } as const
}

/** A state that was joined, and whose COMMIT has not come. */
function detachedNode(crypto: CryptoProvider, row: NodeRow): ForestNode {
  const { sid, epoch, author, device, at, placedAt, standing } = row
  const roster = standing.kind === "held" ? rosterOf(crypto, standing.state) : []
  const rest = { parent: undefined, reason: "joined", added: [], removed: [], ops: [], ...NO_BODY } as const
  return { sid, epoch, author, device, at, placedAt, standing, roster, era: undefined, ...rest }
}

function creationNode(crypto: CryptoProvider, id: Uint8Array, founding: Founding): ForestNode {
  const { creator, createdAt } = founding
  return {
    sid: creationId(crypto, id),
    parent: undefined,
    epoch: 0,
    author: creator.identity,
    device: creator.device,
    at: createdAt,
    reason: "created",
    added: [creator.identity],
    removed: [],
    ops: [],
    ...NO_BODY,
    // By its MLS leaf it may, but the creation has no COMMIT that others could read that in.
    roster: [{ ...creator, ownsPeerId: false }],
    standing: { kind: "open" },
    era: undefined,
    placedAt: createdAt,
  }
}

function previousOperation(group: Group, record: LoggedRecord): RecordHash | undefined {
  const log = group.logs.get(record.author) ?? []
  let at = precursorOf(log, record)
  while (at !== undefined && !group.operations.has(at.hash)) at = precursorOf(log, at)
  return at?.hash
}
