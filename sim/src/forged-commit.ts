import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { createCommit, type GroupState, type LeafNode, type MlsContext } from "@starling/mls"
import { gossip } from "@starling/messenger"
import {
  commitAuthenticatedData,
  decodeCommitRecord,
  encodeCommitRecord,
  FIRST_PREV,
  sealEnvelope,
  signRecord,
  type Era,
  type ForestNode,
  type Group,
} from "@starling/messenger/parts"

import { crypto } from "./seeded.ts"
import type { Person } from "./person.ts"

export interface ForgedCommit {
  readonly parent: ForestNode
  /** What the author commits in, where it is not the parent's own state. */
  readonly state?: GroupState
  readonly mls?: MlsContext
  /** Claimed in place of the true one. */
  readonly sid?: string
  readonly before?: Bytes
  readonly bend?: (mls: Bytes) => Bytes
}

/** A COMMIT that `insider`'s own program would not make, in its log as the next record, as it travels. */
export function forgeCommit(insider: Person, group: string, forged: ForgedCommit): { sid: string; data: Bytes } {
  const { parent } = forged
  const state = forged.state ?? stateIn(parent)
  const created = createCommit(forged.mls ?? insider.env().mls, state, {
    proposals: [],
    authenticatedData: commitAuthenticatedData(parent.sid, []),
    now: BigInt(Math.floor(insider.world.now / 1000)),
    path: true,
  })
  if (created.kind !== "ok") throw new Error(created.reason)
  const sid = forged.sid ?? toHex(created.next.confirmedTranscriptHash)
  const body = encodeCommitRecord({
    parent: parent.sid,
    sid,
    before: forged.before ?? state.interimTranscriptHash,
    epoch: parent.epoch + 1,
    at: insider.world.now,
    ops: [],
    mls: forged.bend?.(created.commit) ?? created.commit,
  })
  return { sid, data: forgeRecord(insider, group, { kind: 2, body, era: eraOfNode(parent) }) }
}

/** Two COMMITs for one place in `insider`'s log, with one id: the tags of one of them are good. */
export function forgeTwoBodies(
  insider: Person,
  group: string,
  parent: ForestNode,
  which: Tag,
): { sid: string; good: Bytes; damaged: Bytes; ground: (count: number) => Bytes[] } {
  const state = stateIn(parent)
  const created = createCommit(insider.env().mls, state, {
    proposals: [],
    authenticatedData: commitAuthenticatedData(parent.sid, []),
    now: BigInt(Math.floor(insider.world.now / 1000)),
    path: true,
  })
  if (created.kind !== "ok") throw new Error(created.reason)
  const sid = toHex(created.next.confirmedTranscriptHash)
  const commit = { parent: parent.sid, sid, before: state.interimTranscriptHash, epoch: parent.epoch + 1 }
  const body = encodeCommitRecord({ ...commit, at: insider.world.now, ops: [], mls: created.commit })
  const signed = (bytes: Bytes): Bytes => forgeRecord(insider, group, { kind: 2, body: bytes, era: eraOfNode(parent) })
  const ground = (count: number): Bytes[] =>
    Array.from({ length: count }, (_, i) => signed(withBadTag(body, which, (value) => Math.max(0, value - 1 - i))))
  return { sid, good: signed(body), damaged: signed(withBadTag(body, which)), ground }
}

export type Tag = "confirmation" | "membership"
/** Bytes of a tag in cipher suite 1. */
const TAG = 32

/** The body of a COMMIT of which one tag is bad: they stand last, each behind a byte that says how long it is. */
export function withBadTag(body: Uint8Array, which: Tag, bend = (value: number): number => value ^ 1): Bytes {
  const commit = decodeCommitRecord(body)
  if (commit.kind !== "ok") throw new Error("a commit that can't be read")
  const { mls } = commit.value
  const at = mls.length - 1 - (which === "membership" ? 0 : TAG + 1)
  return encodeCommitRecord({ ...commit.value, mls: mls.with(at, bend(mls[at] ?? 0)) })
}

/** A record in `insider`'s log, as the next one, as it travels; its own program does not know of it. */
export function forgeRecord(
  insider: Person,
  group: string,
  {
    kind,
    body,
    era = eraOfNode(nodeOf(insider, group)),
  }: { readonly kind: number; readonly body: Bytes; readonly era?: Era },
): Bytes {
  const { own } = insider.state.durable
  const { id, logs } = groupOf(insider, group)
  const log = logs.get(own.device) ?? []
  const record = signRecord(crypto, own.signatureKeys.privateKey, {
    group: id,
    device: own.certificate.signatureKey,
    seq: log.length + 1,
    prev: log.length === 0 ? FIRST_PREV : bytesOf(log.at(-1)?.hash),
    kind,
    body,
  })
  return sealEnvelope(crypto, era, "upd", record.encoded)
}

/** Gossip by `insider` that reaches these people alone. */
export function whisper(insider: Person, group: string, data: Bytes, ...people: readonly Person[]): void {
  for (const person of people) {
    const { topic } = eraOfNode(nodeOf(person, group))
    person.input((state, env) => gossip(state, topic, data, insider.peerId, env))
  }
}

/** The state that a person sends in, or the one named. */
export function nodeOf(person: Person, group: string, sid?: string): ForestNode {
  const { forest, live } = groupOf(person, group)
  const node = forest.get(sid ?? live)
  if (node === undefined) throw new Error(`${person.name} has no such state`)
  return node
}

export function stateIn(node: ForestNode): GroupState {
  if (node.standing.kind !== "held") throw new Error("a state that is not held")
  return node.standing.state
}

/** What has become of a state here; `undefined` where it has no place. */
export function standingOf(person: Person, group: string, sid: string): string | undefined {
  return person.state.durable.groups.get(group)?.forest.get(sid)?.standing.kind
}

function groupOf(person: Person, group: string): Group {
  const found = person.state.durable.groups.get(group)
  if (found === undefined) throw new Error(`${person.name} has no such group`)
  return found
}

function eraOfNode(node: ForestNode): Era {
  if (node.era === undefined) throw new Error("a state without an era")
  return node.era
}

function bytesOf(hash: string | undefined): Bytes {
  const bytes = fromHex(hash ?? "")
  if (bytes === undefined) throw new RangeError("not hexadecimal")
  return bytes
}

/** The key by which a member is reached alone in a state's tree. */
export function leafKeyOf({ tree }: GroupState, { state }: Person): Bytes {
  const { signatureKey } = state.durable.own.certificate
  const leaf = leaves(tree.root).find((each) => toHex(each.signatureKey) === toHex(signatureKey))
  if (leaf === undefined) throw new RangeError("no member of that state")
  return leaf.encryptionKey
}

type Leaf = Pick<LeafNode, "signatureKey" | "encryptionKey">

function leaves(root: GroupState["tree"]["root"]): Leaf[] {
  if (root.kind === "leaf") return root.node === undefined ? [] : [root.node]
  return [...leaves(root.left), ...leaves(root.right)]
}
