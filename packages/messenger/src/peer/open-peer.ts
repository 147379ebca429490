import { Secret } from "@starling/kernel"

import { decodeContact } from "../contacts/contact.ts"
import { decodeGroupRow, decodeSentRow, encodeGroupRow } from "../group/group-row.ts"
import type { Group } from "../group/group.ts"
import { NO_WORK, type GroupWork } from "../group/group-work.ts"
import { uuidOf } from "../group/group-id.ts"
import { decodeNodeRow } from "../group/node-row.ts"
import { rebuildGroup } from "../group/rebuild-group.ts"
import { readStateParts, readStoredState, renewedRows } from "../group/state-rows.ts"
import { withTips } from "../group/tips.ts"
import { createOwnIdentity, decodeOwnIdentity } from "../identity/own-identity.ts"
import { decodeHeldInvitation } from "../invitation/held-invitation.ts"
import { decodeIssuedKeyPackage } from "../invitation/issued-key-package.ts"
import { decodeOutboxEntry } from "../invitation/outbox-entry.ts"
import { decodeBox } from "../mailbox/box.ts"
import { decodeStockedKeyPackage } from "../invitation/stocked-key-package.ts"
import { MAX_SHOWN } from "../limits.ts"
import { decodeGroupDelivery, NO_DELIVERY } from "../message/group-delivery.ts"
import { HISTORY } from "../message/history-row.ts"
import { StoreError, type Row, type Store, type Write } from "../ports/store.ts"
import { decodeRecord, type LoggedRecord } from "../record/record.ts"
import { isFirstVersion } from "../versioned.ts"
import { BUCKETS } from "./buckets.ts"
import { sentWrites, writesBetween } from "./persist.ts"
import { decodeSettings, DEFAULT_SETTINGS } from "./settings.ts"
import { emptyState, type PeerState } from "./state.ts"
import type { Env, Step } from "./step.ts"

export interface PeerOptions {
  /** Name a group's topic by its UUID alone, as the paper has it; neighbours can then follow the group. */
  readonly plainTopics?: boolean
  /** Keep ciphertext for groups, and do nothing else. */
  readonly mailbox?: boolean
}

/** A first device of a new person. */
export function createIdentity(env: Env, options: PeerOptions = {}): Step {
  const state = emptyState(createOwnIdentity(env.mls, env.now), options.plainTopics ?? false, options.mailbox ?? false)
  const writes = writesBetween(undefined, state.durable)
  return { state, writes, deferrable: false, effects: [], wakeAt: undefined }
}

/** `writes` bring rows of an earlier version to the present form: to be committed before anything else. */
export interface Opened {
  readonly kind: "open"
  readonly state: PeerState
  readonly writes: readonly Write[]
}

/** The peer as its last committed step left it. Throws `StoreError` where the store is of a newer version or damaged. */
export function openPeer(
  store: Pick<Store, "all" | "list">,
  env: Env,
  options: PeerOptions = {},
): Opened | { readonly kind: "needs-identity" } {
  const own = store.all(BUCKETS.self)
  const self = own.find((row) => row.key === "identity")
  if (self === undefined) return { kind: "needs-identity" }
  const { crypto } = env.mls
  const state = emptyState(
    decodeOwnIdentity(crypto, self.value),
    options.plainTopics ?? false,
    options.mailbox ?? false,
  )
  const read = <T>(bucket: string, decode: (value: Uint8Array) => T): Map<string, T> =>
    new Map(store.all(bucket).map((row) => [row.key, decode(row.value)]))
  const opened = readGroups(store, env, state)
  const settings = own.find((row) => row.key === "settings")
  const durable = {
    own: state.durable.own,
    settings: settings === undefined ? DEFAULT_SETTINGS : decodeSettings(settings.value),
    contacts: read(BUCKETS.contacts, (value) => decodeContact(crypto, value)),
    groups: opened.groups,
    invitations: read(BUCKETS.invitations, decodeHeldInvitation),
    keyPackages: read(BUCKETS.keyPackages, decodeIssuedKeyPackage),
    outbox: read(BUCKETS.outbox, decodeOutboxEntry),
    boxes: read(BUCKETS.boxes, decodeBox),
    stock: read(BUCKETS.stock, decodeStockedKeyPackage),
  }
  return { kind: "open", state: { ...state, durable, work: opened.work }, writes: opened.writes }
}

/** Ed25519 seed of the transport key, 32 bytes. */
export function transportSeed(state: PeerState): Secret {
  return new Secret(state.durable.own.transportSeed)
}

const NONE = new Uint8Array(0)
const GROUP_ROW = { kind: "put", bucket: BUCKETS.groups, partition: "", ordinal: 0 } as const

function readGroups(
  store: Pick<Store, "all" | "list">,
  env: Env,
  state: PeerState,
): {
  readonly groups: ReadonlyMap<string, Group>
  readonly work: ReadonlyMap<string, GroupWork>
  readonly writes: readonly Write[]
} {
  const { crypto } = env.mls
  const records = partitions(store.all(BUCKETS.records))
  const nodes = partitions(store.all(BUCKETS.nodes))
  const states = partitions(store.all(BUCKETS.states))
  const sent = partitions(store.all(BUCKETS.sent))
  const deliveries = new Map(store.all(BUCKETS.deliveries).map((row) => [row.key, decodeGroupDelivery(row.value)]))
  const writes: Write[] = []
  const groups = new Map<string, Group>()
  const work = new Map<string, GroupWork>()
  for (const row of store.all(BUCKETS.groups)) {
    const stored = decodeGroupRow(crypto, row.value)
    const uuid = uuidOf(stored.id)
    const ownRows = (sent.get(uuid) ?? []).map(({ value }) => decodeSentRow(value))
    const groupRow = { ...stored, sent: [...stored.sent, ...ownRows].sort((a, b) => a.at - b.at) }
    if (stored.sent.length > 0)
      writes.push({ ...GROUP_ROW, key: row.key, value: encodeGroupRow(stored) }, ...sentWrites(uuid, [], stored.sent))
    const parts = readStateParts(states.get(uuid) ?? [])
    const rows = nodes.get(uuid) ?? []
    const nodeRows = rows.map(({ value }) => decodeNodeRow(value, (sid) => readStoredState(parts, sid)))
    writes.push(
      ...nodeRows.flatMap((node, i) => (isFirstVersion(rows[i]?.value ?? NONE) ? renewedRows(uuid, node) : [])),
    )
    const shown = store.list(HISTORY, uuid, { newestFirst: true, limit: MAX_SHOWN }).map(({ key }) => key)
    const { group, unplaced } = rebuildGroup(
      crypto,
      groupRow,
      (records.get(uuid) ?? []).map((each) => readOwnRecord(env, each)),
      nodeRows,
      new Set(shown.toReversed()),
      state.plainTopics,
    )
    const delivery = deliveries.get(uuid) ?? NO_DELIVERY
    groups.set(uuid, { ...withTips(crypto, group), delivery })
    work.set(uuid, { ...NO_WORK, unplaced })
  }
  return { groups, work, writes }
}

function readOwnRecord(env: Env, row: Row): LoggedRecord {
  const record = decodeRecord(env.mls.crypto, row.value)
  if (record.kind !== "ok") throw new StoreError("corrupt", "a record that can't be read")
  return record.value
}

function partitions(rows: readonly Row[]): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, (row) => row.partition)
}
