import { equalBytes, type Bytes } from "@starling/kernel"
import { changedParts, isWhole, partNames, stateOfParts, type GroupState } from "@starling/mls"

import { BUCKETS } from "../peer/buckets.ts"
import { StoreError, type Row, type Write } from "../ports/store.ts"
import type { StateId } from "../record/operation.ts"
import { stateOf, type Forest, type ForestNode } from "./forest-node.ts"
import { encodeNodeRow, type NodeRow } from "./node-row.ts"

/** MLS states of a group, part by part, by the id of the state. */
export type StoredParts = ReadonlyMap<StateId, ReadonlyMap<string, Bytes>>

/**
 * What changed in a forest: for a message the ratchet that it used, and for a state that is let go the erasure of every
 * part of it.
 */
export function forestWrites(uuid: string, before: Forest | undefined, after: Forest): Write[] {
  if (before === after) return []
  const writes: Write[] = []
  for (const [sid, node] of after) {
    const known = before?.get(sid)
    if (known === node) continue
    const row = rowOf(node)
    if (known === undefined || !equalBytes(rowOf(known), row)) writes.push(put(BUCKETS.nodes, uuid, sid, row))
    for (const write of stateWrites(uuid, sid, stateOf(known), stateOf(node))) writes.push(write)
  }
  for (const [sid, node] of before ?? []) {
    if (after.has(sid)) continue
    writes.push({ kind: "delete", bucket: BUCKETS.nodes, partition: uuid, key: sid })
    for (const write of stateWrites(uuid, sid, stateOf(node), undefined)) writes.push(write)
  }
  return writes
}

/** Brings to the present form what version 0.1 wrote: a node's row that had the whole state inside. */
export function renewedRows(uuid: string, node: NodeRow): Write[] {
  const { sid, standing } = node
  const state = standing.kind === "held" ? standing.state : undefined
  return [put(BUCKETS.nodes, uuid, sid, encodeNodeRow(node))].concat(stateWrites(uuid, sid, undefined, state))
}

export function readStateParts(rows: readonly Row[]): StoredParts {
  const parts = new Map<StateId, Map<string, Bytes>>()
  for (const { key, value } of rows) {
    const at = key.indexOf("/")
    const sid = key.slice(0, at)
    const known = parts.get(sid)
    if (known === undefined) parts.set(sid, new Map([[key.slice(at + 1), value]]))
    else known.set(key.slice(at + 1), value)
  }
  return parts
}

export function readStoredState(parts: StoredParts, sid: StateId): GroupState {
  const state = stateOfParts(parts.get(sid) ?? new Map())
  if (state.kind === "ok" && isWhole(state.value)) return state.value
  const why = state.kind === "ok" ? "it was scrubbed" : state.why
  throw new StoreError("corrupt", `an MLS state that can't be read: ${why}`)
}

function rowOf(node: ForestNode): Bytes {
  return encodeNodeRow({ ...node, eraKey: node.era?.key })
}

function stateWrites(
  uuid: string,
  sid: StateId,
  before: GroupState | undefined,
  after: GroupState | undefined,
): Write[] {
  if (after !== undefined) {
    return changedParts(before, after).map(({ name, value }) =>
      value === undefined ? erase(uuid, sid, name) : put(BUCKETS.states, uuid, `${sid}/${name}`, value),
    )
  }
  return before === undefined ? [] : partNames(before).map((name) => erase(uuid, sid, name))
}

function put(bucket: string, partition: string, key: string, value: Bytes): Write {
  return { kind: "put", bucket, partition, key, ordinal: 0, value }
}

function erase(uuid: string, sid: StateId, name: string): Write {
  return { kind: "delete", bucket: BUCKETS.states, partition: uuid, key: `${sid}/${name}` }
}
