import { toHex } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import type { Device } from "../identity/device-certificate.ts"
import type { MessageId } from "../message/content.ts"
import { withMailboxWord } from "../mailbox/mailbox-words.ts"
import { NO_DELIVERY } from "../message/group-delivery.ts"
import { decodeOperation } from "../record/operation.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import { appendRecord, precursorOf } from "../record/record-log.ts"
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
  const logs = appendRecord(group.logs, record)
  return withMeaning(crypto, { ...group, records: [...group.records, record], logs }, record)
}

/** With what `record` says; where that admits a device of which records are here already, with what they say too. */
function withMeaning(crypto: CryptoProvider, group: Group, record: LoggedRecord): Group {
  const author = findDevice(group, record.author)
  if (author === undefined) return group
  const testimony = withTestimony(group.testimony, record, author.identity)
  if (testimony !== group.testimony) return { ...group, testimony }
  const mailboxWords = withMailboxWord(group.mailboxWords, record, author.identity)
  if (mailboxWords !== group.mailboxWords) return { ...group, mailboxWords }
  const operation = readOperation(crypto, group, record, author)
  if (operation === undefined || group.operations.has(record.hash)) return group
  let next: Group = { ...group, operations: new Map(group.operations).set(record.hash, operation) }
  if (operation.change.kind !== "add") return next
  for (const earlier of group.logs.get(operation.change.device.device) ?? []) next = withMeaning(crypto, next, earlier)
  return next
}

export function membershipOf(group: Group): Group["membership"] {
  return resolveMembership(group.operations, group.founding, group.membership)
}

/** The device behind a key, where the creator or an operation vouches for it. */
export function findDevice(group: Group, key: string): Device | undefined {
  if (group.founding.creator.device === key) return group.founding.creator
  for (const { change } of group.operations.values())
    if (change.kind === "add" && change.device.device === key) return change.device
  return undefined
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
  let group = bareGroup(crypto, row, shown)
  for (const record of records) group = addRecord(crypto, group, record)
  group = { ...group, membership: membershipOf(group) }
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
    roster: [creator],
    standing: { kind: "open" },
    era: undefined,
    placedAt: createdAt,
  }
}

function readOperation(
  crypto: CryptoProvider,
  group: Group,
  record: LoggedRecord,
  author: Device,
): KnownOperation | undefined {
  if (record.kind !== RECORD_KINDS.operation) return undefined
  const decoded = decodeOperation(crypto, record.body)
  if (decoded.kind !== "ok") return undefined
  const previous = previousOperation(group, record)
  return { ...decoded.value, hash: record.hash, author: author.identity, device: toHex(record.device), previous }
}

function previousOperation(group: Group, record: LoggedRecord): RecordHash | undefined {
  const log = group.logs.get(record.author) ?? []
  let at = precursorOf(log, record)
  while (at !== undefined && !group.operations.has(at.hash)) at = precursorOf(log, at)
  return at?.hash
}
