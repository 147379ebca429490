import { equalConstantTime, toHex, utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import { decodeEnvelope } from "../group/envelope.ts"
import type { OwnIdentity } from "../identity/own-identity.ts"
import type { PeerId } from "../identity/peer-id.ts"
import {
  MAX_BOX_BYTES,
  MAX_BOX_BYTES_OF_ONE,
  MAX_BOXES,
  MAX_BOXES_OF_ONE,
  MAX_MAILBOX_BYTES,
  MAX_MAILBOX_BYTES_OF_ONE,
  PRUNE_AT_ONCE,
  SYNC_BUDGET,
} from "../limits.ts"
import { okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import { BUCKETS } from "../peer/buckets.ts"
import type { PeerState } from "../peer/state.ts"
import type { Env } from "../peer/step.ts"
import type { Turn } from "../peer/turn.ts"
import type { Store } from "../ports/store.ts"
import { bytesOf } from "../record/operation.ts"
import { decodeKeptEnvelope, depositorOf, encodeKeptEnvelope, type Box, type Depositor } from "./box.ts"
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
export function serveMailbox(turn: Turn, payload: Uint8Array, from: PeerId): Bytes {
  const decoded = decodeMailboxRequest(payload)
  if (decoded.kind !== "ok") return refusedAnswer(decoded.kind)
  if (!turn.state.isMailbox) return refusedAnswer("not-a-member")
  const request = decoded.value
  const known = turn.state.durable.boxes.get(toHex(request.box))
  if (known !== undefined && !isToken(turn, known, request)) return refusedAnswer("not-a-member")
  const mayOpen = equalConstantTime(request.access, accessOf(turn.crypto, turn.own))
  if (known === undefined && !mayOpen) return refusedAnswer("not-a-member")
  const { ask } = request
  const by = depositorOf(turn.crypto, from)
  if (ask.kind === "put") return put(turn, known ?? newBox(turn, request, by), ask.entries, by)
  if (known === undefined) return okAnswer(encodeFetchAnswer({ instance: new Uint8Array(8), entries: [], more: false }))
  return give(known, toHex(ask.instance) === known.instance ? ask.after : 0, turn.env.rows)
}

/** Lets go of what was kept for as long as was promised, and of boxes that nothing is in. */
export function pruneBoxes(turn: Turn): void {
  const { rows } = turn.env
  for (const box of turn.state.durable.boxes.values()) {
    const [oldest] = rows.list(BUCKETS.envelopes, box.name, { limit: 1 })
    if (oldest === undefined) {
      if (box.at < turn.now - turn.state.durable.settings.keepFor) setBox(turn, box.name, undefined)
      continue
    }
    if (decodeKeptEnvelope(oldest.value).until > turn.now) continue
    let pruned = box
    for (const row of rows.list(BUCKETS.envelopes, box.name, { limit: PRUNE_AT_ONCE })) {
      const { until, by } = decodeKeptEnvelope(row.value)
      if (until > turn.now) break
      turn.writes.push({ kind: "delete", bucket: BUCKETS.envelopes, partition: box.name, key: row.key })
      pruned = withBytes(pruned, by, -row.value.length)
    }
    setBox(turn, box.name, pruned)
  }
}

/** All of the entries or none: what was taken stays for as long as the answer says. */
function put(turn: Turn, box: Box, entries: readonly PutEntry[], by: Depositor): Bytes {
  const { keepFor } = turn.state.durable.settings
  // What is here already and nearly as fresh is not written anew.
  const promised = Math.floor((keepFor * 7) / 8)
  const rows = new Map<string, Bytes>()
  let filled = box
  for (const { slot, envelope } of entries) {
    if (decodeEnvelope(envelope).kind === "malformed") return refusedAnswer("malformed")
    const key = slot.length > 0 ? `slot ${toHex(slot)}` : toHex(turn.crypto.hash(envelope))
    const bytes = rows.get(key) ?? turn.env.rows.get(BUCKETS.envelopes, box.name, key)
    const before = bytes === undefined ? undefined : decodeKeptEnvelope(bytes)
    if (before !== undefined && slot.length === 0 && before.until >= turn.now + promised) continue
    const value = encodeKeptEnvelope({ until: turn.now + keepFor, by, envelope })
    if (bytes !== undefined && before !== undefined) filled = withBytes(filled, before.by, -bytes.length)
    filled = withBytes(filled, by, value.length)
    rows.set(key, value)
  }
  if (isFull(turn.state, filled, by)) return refusedAnswer("exhausted")
  let { newest } = box
  for (const [key, value] of rows) {
    newest++
    const write = { kind: "put", bucket: BUCKETS.envelopes, partition: box.name, key, ordinal: newest, value } as const
    turn.writes.push(write)
  }
  setBox(turn, box.name, { ...filled, newest, at: turn.now })
  return okAnswer(encodePutAnswer({ keepFor: promised }))
}

/** Whether `box`, filled by one more put, is more than there is room for: in all, or for the one who put. */
function isFull({ durable }: PeerState, box: Box, by: Depositor): boolean {
  const others = [...durable.boxes.values()].filter(({ name }) => name !== box.name)
  const boxes = [...others, box]
  const all = boxes.reduce((sum, { bytes }) => sum + bytes, 0)
  const share = boxes.reduce((sum, { shares }) => sum + (shares.get(by) ?? 0), 0)
  const opened = boxes.filter(({ opener }) => opener === by).length
  return (
    boxes.length > MAX_BOXES ||
    box.bytes > MAX_BOX_BYTES ||
    all > MAX_MAILBOX_BYTES ||
    (!durable.boxes.has(box.name) && opened > MAX_BOXES_OF_ONE) ||
    (box.shares.get(by) ?? 0) > MAX_BOX_BYTES_OF_ONE ||
    share > MAX_MAILBOX_BYTES_OF_ONE
  )
}

function withBytes(box: Box, by: Depositor, change: number): Box {
  const shares = new Map(box.shares)
  const share = Math.max(0, (shares.get(by) ?? 0) + change)
  if (share === 0) shares.delete(by)
  else shares.set(by, share)
  return { ...box, bytes: Math.max(0, box.bytes + change), shares }
}

function give(box: Box, after: number, stored: Pick<Store, "list">): Bytes {
  const entries: { number: number; envelope: Bytes }[] = []
  let left = SYNC_BUDGET
  for (let at = after; ;) {
    const rows = stored.list(BUCKETS.envelopes, box.name, { after: at, limit: ROWS_AT_ONCE })
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

function newBox(turn: Turn, { box, token }: MailboxRequest, opener: Depositor): Box {
  const instance = toHex(turn.env.mls.random.draw(8, "mailbox box"))
  const empty = { newest: 0, bytes: 0, shares: new Map() } as const
  return { name: toHex(box), token: digest(turn, token), instance, at: turn.now, opener, ...empty }
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
