import { toHex } from "@starling/kernel"

import { groupOf, isActive, rosterHas } from "./group-of.ts"
import type { AcceptedMessage, Copy } from "./ledger.ts"
import type { Person } from "./person.ts"
import type { Stage } from "./stage.ts"

/** Where members keep, for each number of another device, which message came under it: a version, its id, its salt, its state. */
const BUCKET_OF_NUMBERS = "numbered-messages"
const ID = [2, 18] as const
const STATE = [34, 66] as const

/** Whether another member received the message, in a state that the reader was in too: it can hand it on, whatever became of the author. */
export function isHeldFor({ group, honest, ledger }: Stage, message: AcceptedMessage, reader: Person): boolean {
  const { author } = message
  const { device } = author.state.durable.own
  const copies = ledger.copiesOf(message)
  return honest
    .filter((person) => person !== reader && person !== author && isActive(person, group))
    .some((person) =>
      copies.some((copy) => {
        const isHere = isReceived(person, group, device, copy)
        return isHere && rosterHas(groupOf(person, group)?.forest.get(copy.sid), reader)
      }),
    )
}

function isReceived(person: Person, group: string, device: string, { id, seq, sid }: Copy): boolean {
  const row = person.store.get(BUCKET_OF_NUMBERS, group, `${device}:${seq}`)
  return row !== undefined && toHex(row.subarray(...ID)) === id && toHex(row.subarray(...STATE)) === sid
}
