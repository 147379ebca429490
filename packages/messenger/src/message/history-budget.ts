import type { Milliseconds } from "@starling/kernel"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { DAY, MAX_BREAKS, MAX_WITHHELD_RUNS, TAKEN_BYTES, TAKEN_MESSAGES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { MessageId } from "./content.ts"

/** What one device has used up, by `at`, of what this one enters into the history of a group for it; in parts of one, too. */
export interface TakenOfDevice {
  readonly messages: number
  readonly bytes: number
  readonly at: Milliseconds
}

/** Messages in a row, of one device, that were more than are taken of it: they came, and are kept nowhere here. */
export interface Withheld {
  readonly device: DeviceKey
  readonly count: number
  /** The first message of the device that was shown after them. */
  readonly before: MessageId | undefined
}

/**
 * Whether a message of so many bytes, which is verified to be the device's, is entered; it is charged to nobody else. By
 * whatever way it came: what gossip does not bring of a flood, exchanges do.
 */
export function takeIntoHistory(turn: Turn, uuid: string, device: DeviceKey, bytes: number): boolean {
  const { taken } = turn.group(uuid).delivery
  const before = taken.get(device) ?? { messages: 0, bytes: 0, at: turn.now }
  const days = Math.max(0, turn.now - before.at) / DAY
  const messages = Math.max(0, before.messages - days * TAKEN_MESSAGES.perDay) + 1
  const size = Math.max(0, before.bytes - days * TAKEN_BYTES.perDay) + bytes
  if (messages > TAKEN_MESSAGES.burst || size > TAKEN_BYTES.burst) return false
  turn.changeDelivery(uuid, { taken: new Map(taken).set(device, { messages, bytes: size, at: turn.now }) })
  return true
}

/** Counts a message that was not entered: what a person does not see, they are told of. */
export function noteWithheld(turn: Turn, uuid: string, device: DeviceKey): void {
  const { withheld } = turn.group(uuid).delivery
  const open = withheld.find((run) => run.device === device && run.before === undefined)
  const others = withheld.filter((run) => run !== open)
  const ofDevice = others.filter((run) => run.device === device)
  const [oldest] = ofDevice.length < MAX_WITHHELD_RUNS ? [] : ofDevice
  const run = { device, count: (open?.count ?? 0) + 1, before: undefined }
  const kept = [...others.filter((each) => each !== oldest), run].slice(-MAX_BREAKS)
  turn.changeDelivery(uuid, { withheld: kept })
  if (open === undefined) turn.notify({ kind: "group", group: uuid })
}

/** What was withheld of the device stands before this message, which was shown. */
export function closeWithheld(turn: Turn, uuid: string, device: DeviceKey, message: MessageId): void {
  const { withheld } = turn.group(uuid).delivery
  if (!withheld.some((run) => run.device === device && run.before === undefined)) return
  const close = (run: Withheld): Withheld =>
    run.device === device && run.before === undefined ? { ...run, before: message } : run
  turn.changeDelivery(uuid, { withheld: withheld.map(close) })
  turn.notify({ kind: "group", group: uuid })
}
