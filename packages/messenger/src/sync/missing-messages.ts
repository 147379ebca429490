import type { Bytes } from "@starling/kernel"

import type { Group } from "../group/group.ts"
import { hasDevice } from "../group/roster.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { MAX_HANDED, MESSAGES_AT_ONCE, PAST_PROBES, SYNC_READS, SYNC_READS_AT_ONCE } from "../limits.ts"
import { mayHandTo, type HandedMessage } from "../message/handed-messages.ts"
import { readSealed } from "../message/keep-sealed.ts"
import { readNumbered, signedMessage, type Numbered } from "../message/numbered.ts"
import { encodeSealedMessage } from "../message/sealed-message.ts"
import {
  addSeq,
  descending,
  hasSeq,
  joinSets,
  missingFrom,
  sharedBy,
  type MessageVector,
  type SeqSet,
} from "../message/seq-set.ts"
import type { Store } from "../ports/store.ts"
import type { SyncCursor, SyncRequest } from "./sync-frames.ts"

export interface SelectedMessages {
  readonly messageBytes: readonly Bytes[]
  readonly handed: readonly HandedMessage[]
  readonly notYours: MessageVector
  /** The last message that was looked at; `undefined` where that is all of them. */
  readonly end: Pick<SyncCursor, "device" | "seq"> | undefined
}

type Found =
  | { readonly kind: "yours"; readonly bytes: Bytes }
  | { readonly kind: "handed"; readonly message: HandedMessage }
  | { readonly kind: "not-yours" }
  | { readonly kind: "not-here" }

/**
 * Messages of states that the requester is a member of, and that it does not hold: as ciphertext, or where there is none that it can
 * open, as their authors signed them. As many as fit, and as can be looked up in one go. Devices are gone through by their keys, so that the next answer can go on where this one ended.
 */
export function selectMessages(
  group: Group,
  request: SyncRequest,
  requester: DeviceKey,
  rows: Pick<Store, "get">,
  budget: number,
): SelectedMessages {
  const search = new Search(group, request, requester, rows)
  const after = request.after ?? START
  const messageBytes: Bytes[] = []
  const handed: HandedMessage[] = []
  const notYours = new Map<DeviceKey, SeqSet>()
  let left = budget
  for (const device of [...group.held.keys()].sort()) {
    if (device === requester || device < after.device) continue
    let seq = device === after.device ? after.seq : 0
    // What a device may have left to be looked for among the past is looked for in one go.
    if (search.isHalfSpent) return { messageBytes, handed, notYours, end: { device, seq } }
    for (const each of candidates(search, group, request, device, seq)) {
      const found = search.isSpent ? undefined : search.find(device, each)
      const isFull = messageBytes.length === MESSAGES_AT_ONCE || handed.length === MAX_HANDED
      if (found === undefined || (sizeOf(found) > 0 && (isFull || left < sizeOf(found))))
        return { messageBytes, handed, notYours, end: { device, seq } }
      seq = each
      left -= sizeOf(found)
      if (found.kind === "not-yours") notYours.set(device, addSeq(notYours.get(device) ?? [], seq))
      else if (found.kind === "handed") handed.push(found.message)
      else if (found.kind === "yours") messageBytes.push(found.bytes)
    }
  }
  return { messageBytes, handed, notYours, end: undefined }
}

function sizeOf(found: Found): number {
  if (found.kind === "yours") return found.bytes.length
  return found.kind === "handed" ? found.message.data.length + found.message.contextBytes.length : 0
}

const START = { device: "", seq: 0 }

/**
 * Numbers of a device beyond `after` that the asker may lack, ascending. What it was told to be from before its time is
 * looked at from the newest on, until a few in a row were indeed: who invited it may have said too much.
 */
function* candidates(
  search: Search,
  { held }: Group,
  { messages, untold, past, unopened }: SyncRequest,
  device: DeviceKey,
  after: number,
): Generator<number> {
  const told = joinSets(messages.get(device) ?? [], untold.get(device) ?? [])
  const missing = missingFrom(missingFrom(held.get(device) ?? [], told), after > 0 ? [{ from: 1, to: after }] : [])
  const unasked = sharedBy(missing, past.get(device) ?? [])
  const asked = joinSets(missingFrom(missing, unasked), sharedBy(missing, unopened.get(device) ?? []))
  for (const { from, to } of joinSets(asked, probe(search, device, missingFrom(unasked, asked))))
    for (let seq = from; seq <= to; seq++) yield seq
}

function probe(search: Search, device: DeviceKey, unasked: SeqSet): SeqSet {
  let yours: SeqSet = []
  let probes = PAST_PROBES
  for (const seq of descending(unasked)) {
    if (probes === 0 || search.isHalfSpent) break
    const isYours = search.find(device, seq).kind === "yours"
    if (isYours) yours = addSeq(yours, seq)
    probes = isYours ? PAST_PROBES : probes - 1
  }
  return yours
}

/** Looks up messages for one answer, each once, and counts the rows. */
class Search {
  readonly #group: Group
  readonly #request: SyncRequest
  readonly #requester: DeviceKey
  readonly #rows: Pick<Store, "get">
  readonly #most: number
  readonly #found = new Map<string, Found>()
  #reads = 0

  constructor(group: Group, request: SyncRequest, requester: DeviceKey, rows: Pick<Store, "get">) {
    this.#group = group
    this.#request = request
    this.#requester = requester
    this.#rows = rows
    this.#most = request.version < 3 ? SYNC_READS_AT_ONCE : SYNC_READS
  }

  get isSpent(): boolean {
    return this.#reads >= this.#most
  }

  get isHalfSpent(): boolean {
    return this.#reads >= this.#most / 2
  }

  find(device: DeviceKey, seq: number): Found {
    const key = `${device}:${seq}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const found = this.#read(device, seq)
    this.#found.set(key, found)
    return found
  }

  #read(device: DeviceKey, seq: number): Found {
    this.#reads++
    const message = readSealed(this.#rows, this.#group.uuid, device, seq)
    const isUnopened = hasSeq(this.#request.unopened.get(device) ?? [], seq)
    if (message === undefined || isUnopened) {
      this.#reads++
      const numbered = readNumbered(this.#rows, this.#group.uuid, device, seq)
      if (numbered !== undefined) return this.#hand(device, seq, numbered)
      if (isUnopened && hasSeq(this.#request.past.get(device) ?? [], seq)) return { kind: "not-here" }
    }
    const node = this.#group.forest.get(message?.sid ?? "")
    if (message === undefined || node === undefined) return { kind: "not-here" }
    if (!hasDevice(node.roster, this.#requester)) return { kind: "not-yours" }
    return { kind: "yours", bytes: encodeSealedMessage(message) }
  }

  #hand(device: DeviceKey, seq: number, numbered: Numbered): Found {
    const node = this.#group.forest.get(numbered.sid)
    if (node === undefined) return { kind: "not-here" }
    if (!hasDevice(node.roster, this.#requester)) return { kind: "not-yours" }
    if (this.#request.version < 4 || !mayHandTo(this.#group, this.#requester)) return { kind: "not-here" }
    const message = signedMessage(this.#rows, this.#group, seq, numbered)
    return message === undefined ? { kind: "not-here" } : { kind: "handed", message: { ...message, device } }
  }
}
