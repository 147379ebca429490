import { absorbRecords } from "../group/absorb-records.ts"
import { settle } from "../group/settle.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { absorbMessages } from "../message/receive-message.ts"
import { decodeSealedMessage } from "../message/sealed-message.ts"
import { decodeAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { decodeRecord } from "../record/record.ts"
import { noteHoldings } from "./note-holdings.ts"
import { partnersOf } from "./partners.ts"
import { requestSync, takesPart } from "./request-sync.ts"
import { decodeSyncAnswer } from "./sync-frames.ts"

/** Takes in what a member had that this device lacked; asks on while that brings it forward. */
export function receiveSync(turn: Turn, uuid: string, from: PeerId, payload: Uint8Array): void {
  const group = turn.state.durable.groups.get(uuid)
  const answer = decodeAnswer(payload)
  if (group === undefined || !takesPart(group) || answer.kind !== "ok" || answer.value.status !== "ok") return
  const decoded = decodeSyncAnswer(answer.value.body)
  if (decoded.kind !== "ok") return
  const { recordBytes, messageBytes, more } = decoded.value
  const records = recordBytes.flatMap((bytes) => {
    const record = decodeRecord(turn.crypto, bytes)
    return record.kind === "ok" ? [record.value] : []
  })
  const messages = messageBytes.flatMap((bytes) => {
    const message = decodeSealedMessage(bytes)
    return message.kind === "ok" ? [message.value] : []
  })
  absorbRecords(turn, uuid, records)
  settle(turn, uuid)
  if (!takesPart(turn.group(uuid))) return
  absorbMessages(turn, uuid, messages)
  const after = turn.group(uuid)
  const device = partnersOf(after, turn.own.peerId).get(from)
  if (device !== undefined) noteHoldings(turn, uuid, device.device, decoded.value)
  const progress = after.records.length > group.records.length || after.held !== group.held
  if (more && progress) requestSync(turn, uuid, from)
}
