import { equalConstantTime, toHex, utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import { decodeEnvelope } from "../group/envelope.ts"
import type { OwnIdentity } from "../identity/own-identity.ts"
import { MAX_BOX_BYTES, MAX_BOXES, MAX_MAILBOX_BYTES, PRUNE_AT_ONCE, SYNC_BUDGET } from "../limits.ts"
import { okAnswer, refusedAnswer, type AnswerStatus } from "../peer/answer-frame.ts"
import { BUCKETS } from "../peer/buckets.ts"
import type { PeerState } from "../peer/state.ts"
import type { Env } from "../peer/step.ts"
import type { Turn } from "../peer/turn.ts"
import type { Store } from "../ports/store.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeKeptEnvelope, encodeKeptEnvelope, type Box } from "./box.ts"
import { decodeMailboxRequest, encodeFetchAnswer, encodePutAnswer, type MailboxRequest } from "./mailbox-frames.ts"
import type { PutEntry } from "./mailbox-frames.ts"
import { formatMailboxLink } from "./mailbox-link.ts"

/** What a mailbox hands to those who may use it. `addresses`: multiaddrs at which it can be dialled. */
export function mailboxLink({ durable }: PeerState, addresses: readonly string[], env: Env): string {
  const { own } = durable
  const { transportKey } = own.certificate
  const access = accessOf(env.mls.crypto, own)
  return formatMailboxLink({ peerId: own.peerId, transportKey, access, addresses })
}

/**
 * Keeps and gives ciphertext for who knows the token of a box. Nothing here can be opened with what a mailbox holds: the
 * token follows from the era key, and leads not back to it.
 */
export function serveMailbox(turn: Turn, payload: Uint8Array, reader: Pick<Store, "get" | "list">): Bytes {
  const decoded = decodeMailboxRequest(payload)
  if (decoded.kind !== "ok") return refusedAnswer(decoded.kind)
  if (!turn.state.isMailbox) return refusedAnswer("not-a-member")
  const request = decoded.value
  const known = turn.state.durable.boxes.get(toHex(request.box))
  if (known !== undefined && !isToken(turn, known, request)) return refusedAnswer("not-a-member")
  const mayOpen = equalConstantTime(request.access, accessOf(turn.crypto, turn.own))
  if (known === undefined && !mayOpen) return refusedAnswer("not-a-member")
  const { ask } = request
  if (ask.kind === "put") return put(turn, known ?? newBox(turn, request), ask.entries, reader)
  if (known === undefined) return okAnswer(encodeFetchAnswer({ instance: new Uint8Array(8), entries: [], more: false }))
  return give(known, toHex(ask.instance) === known.instance ? ask.after : 0, reader)
}

/** Lets go of what was kept for as long as was promised, and of boxes that nothing is in. */
export function pruneBoxes(turn: Turn, reader: Pick<Store, "list">): void {
  for (const box of turn.state.durable.boxes.values()) {
    const [oldest] = reader.list(BUCKETS.envelopes, box.name, { limit: 1 })
    if (oldest === undefined) {
      if (box.at < turn.now - turn.state.durable.settings.keepFor) setBox(turn, box.name, undefined)
      continue
    }
    if (decodeKeptEnvelope(oldest.value).until > turn.now) continue
    let { bytes } = box
    for (const row of reader.list(BUCKETS.envelopes, box.name, { limit: PRUNE_AT_ONCE })) {
      if (decodeKeptEnvelope(row.value).until > turn.now) break
      turn.writes.push({ kind: "delete", bucket: BUCKETS.envelopes, partition: box.name, key: row.key })
      bytes = Math.max(0, bytes - row.value.length)
    }
    setBox(turn, box.name, { ...box, bytes })
  }
}

/** All of the entries or none: what was taken stays for as long as the answer says. */
function put(turn: Turn, box: Box, entries: readonly PutEntry[], reader: Pick<Store, "get">): Bytes {
  const { keepFor } = turn.state.durable.settings
  // What is here already and nearly as fresh is not written anew.
  const promised = Math.floor((keepFor * 7) / 8)
  const rows = new Map<string, Bytes>()
  let { bytes } = box
  for (const { slot, envelope } of entries) {
    if (decodeEnvelope(envelope).kind === "malformed") return refusedAnswer("malformed")
    const key = slot.length > 0 ? `slot ${toHex(slot)}` : toHex(turn.crypto.hash(envelope))
    const before = rows.get(key) ?? reader.get(BUCKETS.envelopes, box.name, key)
    if (before !== undefined && slot.length === 0 && decodeKeptEnvelope(before).until >= turn.now + promised) continue
    const value = encodeKeptEnvelope({ until: turn.now + keepFor, envelope })
    bytes += value.length - (before?.length ?? 0)
    rows.set(key, value)
  }
  const refused = whyFull(turn.state, box, bytes)
  if (refused !== undefined) return refusedAnswer(refused)
  let { newest } = box
  for (const [key, value] of rows) {
    newest++
    const write = { kind: "put", bucket: BUCKETS.envelopes, partition: box.name, key, ordinal: newest, value } as const
    turn.writes.push(write)
  }
  setBox(turn, box.name, { ...box, newest, bytes, at: turn.now })
  return okAnswer(encodePutAnswer({ keepFor: promised }))
}

function whyFull({ durable }: PeerState, box: Box, bytes: number): Exclude<AnswerStatus, "ok"> | undefined {
  const { boxes } = durable
  const others = [...boxes.values()].filter(({ name }) => name !== box.name)
  const all = others.reduce((sum, other) => sum + other.bytes, bytes)
  const isFull = others.length >= MAX_BOXES || bytes > MAX_BOX_BYTES || all > MAX_MAILBOX_BYTES
  return isFull ? "exhausted" : undefined
}

function give(box: Box, after: number, reader: Pick<Store, "list">): Bytes {
  const entries: { number: number; envelope: Bytes }[] = []
  let left = SYNC_BUDGET
  for (let at = after; ;) {
    const rows = reader.list(BUCKETS.envelopes, box.name, { after: at, limit: ROWS_AT_ONCE })
    for (const { ordinal, value } of rows) {
      const { envelope } = decodeKeptEnvelope(value)
      if (entries.length > 0 && left < envelope.length)
        return okAnswer(encodeFetchAnswer({ instance: bytesOf(box.instance), entries, more: true }))
      left -= envelope.length
      entries.push({ number: ordinal, envelope })
      at = ordinal
    }
    if (rows.length < ROWS_AT_ONCE)
      return okAnswer(encodeFetchAnswer({ instance: bytesOf(box.instance), entries, more: false }))
  }
}

const ROWS_AT_ONCE = 64

function newBox(turn: Turn, { box, token }: MailboxRequest): Box {
  const instance = toHex(turn.env.mls.random.draw(8, "mailbox box"))
  return { name: toHex(box), token: digest(turn, token), instance, newest: 0, bytes: 0, at: turn.now }
}

function isToken(turn: Turn, box: Box, { token }: MailboxRequest): boolean {
  return equalConstantTime(bytesOf(box.token), bytesOf(digest(turn, token)))
}

function digest(turn: Turn, token: Uint8Array): string {
  return toHex(turn.crypto.hash(token))
}

function setBox(turn: Turn, name: string, box: Box | undefined): void {
  const boxes = new Map(turn.state.durable.boxes)
  if (box === undefined) boxes.delete(name)
  else boxes.set(name, box)
  turn.setDurable({ boxes })
}

/** Follows from this device's own secret, so that its link stays the same. */
function accessOf(crypto: CryptoProvider, own: OwnIdentity): Bytes {
  return crypto.expand(own.transportSeed, utf8("starling mailbox access"), 16)
}
