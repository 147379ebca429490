import { toHex } from "@starling/kernel"
import { endedDeliveryOf, holdsMessage } from "@starling/messenger"
import { headOf } from "@starling/messenger/parts"

import { entitlementTo } from "./entitlement.ts"
import { gapFaults } from "./gap-faults.ts"
import { groupOf, isActive, pathTo, rosterHas } from "./group-of.ts"
import { isHeldFor } from "./held-copies.ts"
import type { AcceptedMessage, Removal } from "./ledger.ts"
import type { Person } from "./person.ts"
import { crypto } from "./seeded.ts"
import { acceptAll, membersOf, type Stage } from "./stage.ts"
import type { Verdict } from "./verdict.ts"
import { FAIR, type World } from "./world.ts"

/** Where members keep ciphertexts for each other. */
const BUCKET_OF_MESSAGES = "messages"

const SECOND = 1_000
const HOUR = 3_600 * SECOND
/** For how long past keys are kept, and a message can be sent again: what the messenger promises. */
const RETENTION = 24 * HOUR
const RESEND_PATIENCE = 14 * 24 * HOUR
/** A device that has just been switched on erases what is too old by then. */
const TIDYING = 40 * SECOND
/** How long a group may take after the last fault: one request to be added anew, refused once, is in it. */
const LONGEST = 720 * SECOND
/** What follows from the last commit, such as a message that is sent again, has come by then. */
const SETTLING = 12 * SECOND
const LONGEST_PROBE = 90 * SECOND
const REPEATED = 40

/** Ends every fault, lets the group come to rest, has everybody write to everybody, and compares the end with the ledger. */
export function judgeStage(stage: Stage): Verdict {
  const { world, ledger } = stage
  endFaults(stage)
  const from = world.now
  let convergedAt = converge(stage, LONGEST)
  if (convergedAt !== undefined) {
    world.run(SETTLING)
    if (!isAtRest(stage)) convergedAt = converge(stage, LONGEST)
  }
  const probes = probe(stage)
  const apart = logsApart(stage)
  const missing = missingMessages(stage)
  return {
    splits: [...splits(stage), ...apart],
    lostMessages: missing.filter(({ supplied }) => supplied).map(({ text }) => text),
    duplicatedMessages: duplicates(stage),
    removalsNotInForce: [
      ...ledger.removalsIgnored,
      ...removedWhoStay(stage),
      ...removedWhoRead(stage, probes),
      ...removedWhoDecide(stage),
    ],
    stuckMembers: [...stuck(stage), ...repeating(stage)],
    oldSecrets: oldSecrets(stage),
    groundCommits: groundCommits(stage),
    gaps: stage.insiders.length > 0 ? [] : gapFaults(stage),
    unrecoverable: missing.filter(({ supplied }) => !supplied).map(({ text }) => text),
    convergeMs: convergedAt === undefined ? undefined : convergedAt - from,
    maxReorg: ledger.maxReorg,
  }
}

function endFaults({ world }: Stage): void {
  world.weather = FAIR
  for (const person of world.people.values()) {
    person.store.isFull = false
    person.crashAfter = Infinity
    person.clockOffset = 0
    person.slowness = 0
    if (!person.isUp) person.boot()
  }
  world.meetAll()
}

/** When everything was one for the first time. */
function converge(stage: Stage, longest: number): number | undefined {
  const { world } = stage
  for (const end = world.now + longest; world.now < end;) {
    acceptAll(stage)
    if (isAtRest(stage)) return world.now
    world.run(world.now < end - longest + 20 * SECOND ? SECOND / 2 : 2 * SECOND)
  }
  return undefined
}

/** Everybody who is to be in the group is in its one state, and shows what they are entitled to. */
function isAtRest(stage: Stage): boolean {
  return splits(stage).length + stuck(stage).length === 0 && missingMessages(stage).every(({ supplied }) => !supplied)
}

function splits(stage: Stage): string[] {
  const { group } = stage
  const byTip = Map.groupBy(membersOf(stage), (person) => groupOf(person, group)?.chosen)
  if (byTip.size < 2) return []
  return [Array.from(byTip.values(), (people) => people.map(({ name }) => name).join("+")).join(" against ")]
}

/** What members do not come to hold alike: each device's records, and who follows from all of them to be a member. */
function logsApart(stage: Stage): string[] {
  const { world, group } = stage
  const differing = (): string[] => {
    const held = membersOf(stage).flatMap((person) => groupOf(person, group) ?? [])
    const devices = new Set(held.flatMap(({ logs }) => [...logs.keys()]))
    const apart = [...devices].filter(
      (device) => new Set(held.map(({ logs }) => headOf(crypto, logs, device)?.head)).size > 1,
    )
    const wanted = new Set(held.map(({ membership }) => [...membership.desired.keys()].sort().join()))
    return [
      ...apart.map((device) => `members hold different records of ${nameOf(world, device)}`),
      ...(wanted.size > 1 ? ["members differ in who is to be one"] : []),
    ]
  }
  for (const end = world.now + LONGEST_PROBE; world.now < end && differing().length > 0;) world.run(SECOND)
  return differing()
}

function nameOf({ people }: World, device: string): string {
  return [...people.values()].find(({ state }) => state.durable.own.device === device)?.name ?? "a puppet"
}

/** Who is wanted by the others and is not with them, or is with them and not wanted. */
function stuck(stage: Stage): string[] {
  const { group, honest } = stage
  const tip = commonTip(stage)
  const sample = membersOf(stage).find((person) => groupOf(person, group)?.live === tip)
  const reference = sample === undefined ? undefined : groupOf(sample, group)
  if (sample === undefined || reference === undefined) return ["nobody is left in the group"]
  const { desired } = reference.membership
  const node = reference.forest.get(tip ?? "")
  const faults = honest.flatMap((person) => {
    const own = groupOf(person, group)
    const isWanted = desired.has(person.identity)
    if (isWanted !== rosterHas(node, person))
      return [`${person.name} is ${isWanted ? "missing from" : "still in"} the tree`]
    // A forged invitation brings its victim into a state that nobody else knows: a group of the inviter's own.
    const isHere = own !== undefined && pathTo(own.forest, own.live).some(({ sid }) => sid === reference.creation)
    if (!isWanted) return isHere && isActive(person, group) ? [`${person.name} was never told that it is out`] : []
    if (!isActive(person, group)) return [`${person.name} is wanted, and ${own?.phase ?? "was never let in"}`]
    if (own?.live !== tip) return [`${person.name} cannot follow the others`]
    if (own?.restoredIn === tip) return [`${person.name} waits to be added anew after it was restored`]
    return secretOf(person, group) === secretOf(sample, group)
      ? []
      : [`${person.name} has another secret in the same state`]
  })
  const strangers = (node?.roster ?? []).flatMap((device) =>
    device !== undefined && !desired.has(device.identity) ? ["somebody unwanted is in the tree"] : [],
  )
  return [...faults, ...strangers]
}

/** Programs that sign one thing over and over, each time for everybody to keep. Insiders repeat themselves less than that. */
function repeating({ world, group }: Stage): string[] {
  return [...world.people.values()].flatMap((person) => {
    const log = groupOf(person, group)?.logs.get(person.state.durable.own.device) ?? []
    const said = Map.groupBy(log, ({ kind, body }) => `${kind} ${toHex(body)}`)
    const most = Math.max(0, ...Array.from(said.values(), ({ length }) => length))
    return most > REPEATED ? [`${person.name} signed one thing ${most} times`] : []
  })
}

function secretOf(person: Person, group: string): string {
  return person.detail(group).epochAuthenticator
}

/** The state that most of good faith are in. */
function commonTip(stage: Stage): string | undefined {
  const counts = [...Map.groupBy(membersOf(stage), (person) => groupOf(person, stage.group)?.live)]
  return counts.sort(([, a], [, b]) => b.length - a.length)[0]?.[0]
}

interface Missing {
  readonly text: string
  /** Somebody who is there could still supply it. */
  readonly supplied: boolean
}

function missingMessages(stage: Stage): Missing[] {
  const { group, ledger, honest } = stage
  const shown = new Map(honest.map((person) => [person, new Set(groupOf(person, group)?.shown ?? [])]))
  const entitled = entitlementTo(stage, commonTip(stage))
  return ledger.messages.flatMap((message) =>
    [...entitled(message)].flatMap((person): Missing[] => {
      if (shown.get(person)?.has(message.id) === true) return []
      const text = `${person.name} never showed “${message.text}”`
      return [{ text, supplied: isSupplied(stage, message, person) }]
    }),
  )
}

/** Its author is there within the retention, or another member received it in a state that the reader was in. */
function isSupplied(stage: Stage, message: AcceptedMessage, reader: Person): boolean {
  const { group, ledger, world } = stage
  const { author } = message
  const isAlive = isActive(author, group) && (ledger.outAt.get(author) ?? 0) < message.at
  // What its author shows, and not as what may not have reached everybody, is owed to everybody, whatever else its device forgot.
  const isOwed =
    holdsMessage(author.store, group, message.id) && endedDeliveryOf(author.store, group, message.id) === undefined
  if (isAlive && isOwed && world.now - message.at < RESEND_PATIENCE) return true
  return isHeldFor(stage, author, message.id, reader)
}

function duplicates({ honest, group, ledger }: Stage): string[] {
  return honest.flatMap((person) => {
    if (groupOf(person, group) === undefined) return []
    const shown = Map.groupBy(person.messages(group), ({ text }) => text)
    const twice = [...shown].filter(([, copies]) => copies.length > 1).map(([text]) => text)
    const told = person.notifications.flatMap((event) => (event.kind === "message" ? [event.message.id] : []))
    // Who went back to a backup is told anew of what came after it.
    const again = ledger.restoredAt.has(person) ? [] : told.filter((id, i) => told.indexOf(id) !== i)
    return [...twice, ...again].map((what) => `${person.name} showed ${what} twice`)
  })
}

/** Everybody writes; what was sent, as it travelled. */
function probe(stage: Stage): Uint8Array[] {
  const { world, group, ledger } = stage
  const before = ledger.messages.length
  for (const person of membersOf(stage)) ledger.say(person)
  const probes = ledger.messages.slice(before)
  for (const end = world.now + LONGEST_PROBE; world.now < end;) {
    if (missingMessages(stage).every(({ supplied }) => !supplied)) break
    world.run(SECOND)
  }
  return probes.flatMap(({ author, id }) => {
    const copies = groupOf(author, group)?.sent.find((sent) => sent.id === id)?.copies ?? []
    const { device } = author.state.durable.own
    return copies.flatMap(({ seq }) => author.store.get(BUCKET_OF_MESSAGES, group, `${device}:${seq}`) ?? [])
  })
}

function removalsInForce({ founder, group, ledger }: Stage): Removal[] {
  const own = groupOf(founder, group)
  return own === undefined ? [] : ledger.removalsInForce(own)
}

function removedWhoStay(stage: Stage): string[] {
  const { group } = stage
  const standing = removalsInForce(stage)
  return membersOf(stage).flatMap((person) => {
    const own = groupOf(person, group)
    const node = own?.forest.get(own.live)
    return standing
      .filter(({ of }) => rosterHas(node, of))
      .map(({ of }) => `${of.name} is still in the state of ${person.name}`)
  })
}

/** Members of bad faith who were removed, with everything they hoarded, against the words of those who remain. */
function removedWhoRead(stage: Stage, probes: readonly Uint8Array[]): string[] {
  const { group, insiders } = stage
  const [reader] = membersOf(stage)
  const own = reader === undefined ? undefined : groupOf(reader, group)
  const commits = (own?.records ?? []).filter(({ kind }) => kind === 2).map(({ body }) => body)
  return removalsInForce(stage)
    .flatMap(({ of }) => insiders.find(({ person }) => person === of) ?? [])
    .flatMap(({ person, hoard }) => (hoard.opens(probes, commits) ? [`${person.name} reads on after its removal`] : []))
}

/** Operations of somebody who had been removed, and that count all the same. */
function removedWhoDecide(stage: Stage): string[] {
  return membersOf(stage).flatMap((person) => {
    const membership = groupOf(person, stage.group)?.membership
    const additions = [...(membership?.desired.values() ?? [])].flatMap(({ add }) => add ?? [])
    const counting = [...additions, ...(membership?.removals ?? []).map(({ hash }) => hash)]
    return counting.some((hash) => stage.backdated.has(hash))
      ? [`${person.name} heeds somebody who had been removed`]
      : []
  })
}

/** A state that others followed longer ago than the retention holds no secrets any more, but for the one in use. */
function oldSecrets(stage: Stage): string[] {
  const { group, honest, world } = stage
  return honest.flatMap((person) => {
    const own = groupOf(person, group)
    if (own === undefined || person.upSince > world.now - TIDYING) return []
    return [...own.forest.values()].flatMap((node) => {
      if (node.standing.kind !== "held" || node.sid === own.live) return []
      const followers = [...own.forest.values()].filter(({ parent }) => parent === node.sid)
      const since = Math.min(...followers.map(({ placedAt }) => placedAt))
      return since < world.now - RETENTION - HOUR ? [`${person.name} holds a state of epoch ${node.epoch}`] : []
    })
  })
}

function groundCommits(stage: Stage): string[] {
  const own = groupOf(stage.founder, stage.group)
  if (own === undefined) return []
  return pathTo(own.forest, own.live)
    .filter(({ sid }) => stage.ground.has(sid))
    .map(({ epoch }) => `the commit of epoch ${epoch} was ground`)
}
