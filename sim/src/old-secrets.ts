import { decodeSealedMessage, type Group } from "@starling/messenger/parts"

import { BUCKET_OF_CIPHERTEXTS, groupOf } from "./group-of.ts"
import { RETENTION } from "./missing-messages.ts"
import type { Person } from "./person.ts"
import type { Stage } from "./stage.ts"

const SECOND = 1_000
const HOUR = 3_600 * SECOND
/** A device that has just been switched on erases what is too old by then. */
const TIDYING = 40 * SECOND
const BUCKET_OF_STATES = "states"

/** Secrets of states that are older than the retention, or on the disk and not in memory, and ciphertexts that were to be kept no longer. */
export function oldSecrets(stage: Stage): string[] {
  const { group, honest, world } = stage
  return honest.flatMap((person) => {
    const own = groupOf(person, group)
    if (own === undefined || !person.isUp || person.upSince > world.now - TIDYING) return []
    const { now } = person.env()
    return [
      ...oldStates(own, now).map((epoch) => `${person.name} holds a state of epoch ${epoch}`),
      ...orphans(person, own).map((sid) => `${person.name} stores keys of ${sid}, a state that it let go`),
      ...oldCiphertexts(person, group, now),
    ]
  })
}

/** Epochs of states that others followed longer ago than the retention, but for the one in use. */
function oldStates({ forest, live }: Group, now: number): number[] {
  return [...forest.values()].flatMap((node) => {
    if (node.standing.kind !== "held" || node.sid === live) return []
    const followers = [...forest.values()].filter(({ parent }) => parent === node.sid)
    const since = Math.min(...followers.map(({ placedAt }) => placedAt))
    return since < now - RETENTION - HOUR ? [node.epoch] : []
  })
}

/** States of which something is on the disk, though they are held no more. */
function orphans({ store }: Person, { uuid, forest }: Group): string[] {
  const stored = new Set(store.list(BUCKET_OF_STATES, uuid).map(({ key }) => key.slice(0, key.indexOf("/"))))
  return [...stored].filter((sid) => forest.get(sid)?.standing.kind !== "held")
}

/** Kept for others longer than its person wants; own ones may be owed to somebody. */
function oldCiphertexts(person: Person, group: string, now: number): string[] {
  const { durable } = person.state
  const old = person.store.list(BUCKET_OF_CIPHERTEXTS, group, { before: now - durable.settings.keepFor - HOUR })
  const ofOthers = old.filter(({ value }) => {
    const message = decodeSealedMessage(value)
    return message.kind === "ok" && message.value.device !== durable.own.device
  })
  return ofOthers.length > 0 ? [`${person.name} keeps ${ofOthers.length} ciphertexts longer than it was told to`] : []
}
