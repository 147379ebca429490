import { toHex, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"

import type { Group } from "../group/group.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { BUCKETS } from "../peer/buckets.ts"
import type { Turn } from "../peer/turn.ts"
import type { Store } from "../ports/store.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { decodeOwnRow } from "../versioned.ts"
import { encodeContent, type MessageId } from "./content.ts"
import type { HandedMessage } from "./handed-messages.ts"
import { readShown } from "./history-row.ts"
import type { SignedMessage } from "./signed-message.ts"

/**
 * Which message of another device came under a number, and what its author signed: two may be given one number, where a device
 * was restored from a backup, and it is to be believed by nobody but itself.
 */
export interface Numbered {
  readonly id: MessageId
  readonly salt: Bytes
  readonly sid: StateId
  readonly leafIndex: number
  readonly signature: Bytes
}

const VERSION = 1

export function putNumbered(
  turn: Turn,
  uuid: string,
  message: Numbered & Pick<HandedMessage, "device" | "seq" | "contextBytes">,
): void {
  const { device, seq, sid, contextBytes, id, salt, leafIndex, signature } = message
  const value = encode((writer) => {
    writer.uint16(VERSION).fixed(bytesOf(id)).fixed(salt).fixed(bytesOf(sid))
    writer.uint32(leafIndex).opaque(signature)
  })
  put(turn, BUCKETS.numbered, uuid, `${device}:${seq}`, value)
  const { contextsKept } = turn.work(uuid)
  if (contextsKept.has(sid)) return
  if (turn.env.rows.get(BUCKETS.contexts, uuid, sid) === undefined) put(turn, BUCKETS.contexts, uuid, sid, contextBytes)
  turn.changeWork(uuid, { contextsKept: new Set(contextsKept).add(sid) })
}

/** `undefined` for what was received before these rows were kept, or could not be read. */
export function readNumbered(
  reader: Pick<Store, "get">,
  uuid: string,
  device: DeviceKey,
  seq: number,
): Numbered | undefined {
  const bytes = reader.get(BUCKETS.numbered, uuid, `${device}:${seq}`)
  if (bytes === undefined) return undefined
  return decodeOwnRow("message's number", bytes, VERSION, (r) => ({
    id: toHex(r.fixed(16)),
    salt: r.fixed(16),
    sid: toHex(r.fixed(32)),
    leafIndex: r.uint32(),
    signature: r.opaque(),
  }))
}

/** The message that came under a number, as its author signed it. */
export function signedMessage(
  reader: Pick<Store, "get">,
  { uuid, forest }: Group,
  seq: number,
  { id, salt, sid, leafIndex, signature }: Numbered,
): SignedMessage | undefined {
  const shown = readShown(reader, uuid, id)
  const contextBytes = reader.get(BUCKETS.contexts, uuid, sid)
  const epoch = forest.get(sid)?.epoch
  if (shown === undefined || contextBytes === undefined || epoch === undefined) return undefined
  const data = encodeContent({ text: shown.text, at: shown.at, salt })
  return { seq, epoch, leafIndex, contextBytes, data, signature }
}

function put(turn: Turn, bucket: string, partition: string, key: string, value: Bytes): void {
  turn.writes.push({ kind: "put", bucket, partition, key, ordinal: 0, value })
}
