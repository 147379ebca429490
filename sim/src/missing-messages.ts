import { equalBytes } from "@starling/kernel"
import { endedDeliveryOf, holdsMessage } from "@starling/messenger"

import { entitlementTo, isKnownToOthers, saidNowhere } from "./entitlement.ts"
import { BUCKET_OF_CIPHERTEXTS, groupOf, isActive, rosterHas } from "./group-of.ts"
import { isHeldFor } from "./held-copies.ts"
import type { AcceptedMessage, Copy } from "./ledger.ts"
import type { Person } from "./person.ts"
import { commonTip, type Stage } from "./stage.ts"

const DAY = 24 * 3_600_000
/** For how long past keys are kept, and a message can be sent again: what the messenger promises. */
export const RETENTION = DAY
const RESEND_PATIENCE = 14 * DAY

export interface Missing {
  readonly text: string
  /** Somebody who is there could still supply it. */
  readonly supplied: boolean
}

/** What somebody is entitled to and does not show, and what was said where nobody can have heard it. */
export function missingMessages(stage: Stage): Missing[] {
  const { group, ledger, honest } = stage
  const shown = new Map(honest.map((person) => [person, new Set(groupOf(person, group)?.shown ?? [])]))
  const entitled = entitlementTo(stage, commonTip(stage))
  return ledger.messages.flatMap((message): Missing[] => {
    const { author, id, text } = message
    if (saidNowhere(stage, message))
      return [{ text: `${author.name} said “${text}” in a state that nobody else knows`, supplied: true }]
    return [...entitled(message)].flatMap((person): Missing[] => {
      if (shown.get(person)?.has(id) === true) return []
      return [{ text: `${person.name} never showed “${text}”`, supplied: isSupplied(stage, message, person) }]
    })
  })
}

/** Its author is there within the retention, or another member received it, or keeps this very ciphertext, of a state that the reader was in. */
function isSupplied(stage: Stage, message: AcceptedMessage, reader: Person): boolean {
  const { group, ledger, world } = stage
  const { author } = message
  // Its author was shown it once: who received it keeps the author's own signature on it.
  if (reader === author) return isKnownToOthers(stage, message)
  const isAlive = isActive(author, group) && (ledger.outAt.get(author) ?? 0) < message.at
  // What its author shows, and not as what may not have reached everybody, is owed to everybody, whatever else its device forgot.
  const isOwed =
    holdsMessage(author.store, group, message.id) && endedDeliveryOf(author.store, group, message.id) === undefined
  if (isAlive && isOwed && world.now - message.at < RESEND_PATIENCE) return true
  return (
    isHeldFor(stage, message, reader) || ledger.copiesOf(message).some((copy) => isKept(stage, message, copy, reader))
  )
}

function isKept({ group, honest, world }: Stage, { author, at }: AcceptedMessage, copy: Copy, reader: Person): boolean {
  // The reader let the keys go when the retention was over, and only the author could have sent it in another state.
  const isExpired = world.now - at > RETENTION
  if (isExpired && groupOf(reader, group)?.forest.get(copy.sid)?.standing.kind === "dropped") return false
  const key = `${author.state.durable.own.device}:${copy.seq}`
  return honest.some((person) => {
    if (person === reader || !isActive(person, group)) return false
    const kept = person.store.get(BUCKET_OF_CIPHERTEXTS, group, key)
    // After its author went back to a backup, the number may be that of another message.
    if (kept === undefined || copy.sealed === undefined || !equalBytes(kept, copy.sealed)) return false
    return rosterHas(groupOf(person, group)?.forest.get(copy.sid), reader)
  })
}
