import { deliveryOf, endedDeliveryOf, holdsMessage, type DeliveryCount } from "@starling/messenger"

import { entitlementTo } from "./entitlement.ts"
import { groupOf, isActive } from "./group-of.ts"
import type { AcceptedMessage } from "./ledger.ts"
import type { Person } from "./person.ts"
import type { Stage } from "./stage.ts"

/**
 * What authors are shown of how far their messages came, and that is not so at this moment: more devices that hold one, or where it was
 * read, than there are on whose disk it is or was, or whose people looked; a network that it never reached; a message that is not kept.
 * Of members of bad faith any word may be false.
 */
export function untrueStates(stage: Stage): string[] {
  const { group, ledger, honest } = stage
  const byDevice = new Map(
    [...stage.world.people.values()].map((person) => [person.state.durable.own.device, person] as const),
  )
  return honest.flatMap((author) => {
    const own = groupOf(author, group)
    if (own === undefined || !author.isUp) return []
    return own.sent.flatMap(({ id, copies }) => {
      const count = deliveryOf(author.state, group, id)
      if (count === undefined) return [`${author.name} is shown nothing of a message that it follows`]
      const devices = new Set(
        copies.flatMap(({ sid }) => own.forest.get(sid)?.roster ?? []).flatMap((seat) => seat?.device ?? []),
      )
      devices.delete(author.state.durable.own.device)
      const recipients = [...devices].map((device) => byDevice.get(device))
      const among = (isSo: (person: Person) => boolean): number =>
        recipients.filter((person) => person === undefined || !honest.includes(person) || isSo(person)).length
      return falseCounts(stage, author, id, count, {
        delivered: () => among((person) => ledger.hasShown(person, id)),
        read: () => among((person) => ledger.hasRead(person, id)),
      })
    })
  })
}

type Truth = Readonly<Record<"delivered" | "read", () => number>>

function falseCounts({ group }: Stage, author: Person, id: string, count: DeliveryCount, truth: Truth): string[] {
  const faults: string[] = []
  const counted = { delivered: count.delivered > 0 ? truth.delivered() : 0, read: count.read > 0 ? truth.read() : 0 }
  for (const kind of ["delivered", "read"] as const)
    if (count[kind] > counted[kind])
      faults.push(`${author.name} is shown ${id} as ${kind} at ${count[kind]}, and it is at ${counted[kind]}`)
  if (count.read > count.delivered) faults.push(`${author.name} is shown ${id} as read where it never came`)
  if (count.reached > author.reached(id)) faults.push(`${author.name} is shown ${id} as on the network`)
  if (!holdsMessage(author.store, group, id)) faults.push(`${author.name} is shown ${id} as saved`)
  return faults
}

/**
 * The same at the end, with what is known only then: whom each message was for. One that is said to be with all of them is with all
 * of them; and one that may not have reached everybody is not known to have.
 */
export function untrueEnds(stage: Stage, tip: string | undefined): string[] {
  const { group, ledger, honest } = stage
  const entitled = entitlementTo(stage, tip)
  const lacking = (message: AcceptedMessage): Person[] =>
    [...entitled(message)].filter((person) => person !== message.author && !ledger.hasShown(person, message.id))
  const ends = ledger.messages
    .filter(({ author }) => honest.includes(author) && isActive(author, group))
    .flatMap((message) => {
      const { author, id, text } = message
      const count = deliveryOf(author.state, group, id)
      const ended = endedDeliveryOf(author.store, group, id)
      const isWithAll = count !== undefined && count.recipients > 0 && count.delivered >= count.recipients
      if (isWithAll && lacking(message).length > 0) return [`${author.name} is shown “${text}” as with everybody`]
      // Who was out let go of all, and knew nothing of those who came to be members on another branch.
      if ((ledger.outAt.get(author) ?? 0) >= message.at) return []
      if (ended === undefined || ended.recipients === 0 || ended.delivered < ended.recipients) return []
      return lacking(message).length > 0
        ? []
        : [`${author.name} is shown that “${text}” may not have reached everybody, and knows that it did`]
    })
  return [...untrueStates(stage), ...ends]
}
