import { addMailbox, invitations, mailboxLink } from "@starling/messenger"

import { EventDigest } from "./event-digest.ts"
import { groupOf, isActive } from "./group-of.ts"
import { Insider } from "./insider.ts"
import { Ledger } from "./ledger.ts"
import type { Person } from "./person.ts"
import type { Dice } from "./seeded.ts"
import { World } from "./world.ts"

/** One group in one world, with who plays by the rules and who does not. */
export interface Stage {
  readonly world: World
  readonly dice: Dice
  readonly group: string
  readonly founder: Person
  readonly honest: readonly Person[]
  /** Members who keep every key and send what their program would not. */
  readonly insiders: readonly Insider[]
  readonly ledger: Ledger
  readonly digest: EventDigest
  /** States that an insider got by grinding, where the rank speaks for another one that everybody had before. */
  readonly ground: Set<string>
  /** Operations that somebody made who had been removed. */
  readonly backdated: Set<string>
  /** What authors were shown of their messages on the way, and was not so. */
  readonly untrue: Set<string>
  /** Keeps ciphertexts for the group, where it has one. */
  readonly mailbox: Person | undefined
  /** Clocks that are wrong by what nobody notices are so at the end, too. */
  readonly clocksStay: boolean
  /** Who reaches whom; one side is everybody together. */
  sides: readonly (readonly Person[])[]
}

export interface Setting {
  readonly hasMailbox?: boolean
  readonly clocksStay?: boolean
}

/** `size` people are in the group from the beginning, `insiders` of them of bad faith; one more knows them all. */
export function setStage(
  seed: number,
  size: number,
  insiders: number,
  { hasMailbox = false, clocksStay = false }: Setting = {},
): Stage {
  const world = new World(seed)
  const digest = new EventDigest(world)
  const people = Array.from({ length: size + 1 }, (_, i) => world.person(`p${String(i).padStart(2, "0")}`))
  const [founder, ...others] = people
  if (founder === undefined) throw new RangeError("a group has a founder")
  world.meetAll()
  for (const person of people) person.knows(...people.filter((other) => other !== person))
  const bad = others.slice(0, insiders)
  const mailbox = hasMailbox ? world.person("mailbox", 0, { mailbox: true }) : undefined
  const group = founder.createGroup()
  const ledger = new Ledger(world, group, new Set(people.filter((person) => !bad.includes(person))))
  const stage: Stage = {
    world,
    dice: world.dice,
    group,
    founder,
    honest: people.filter((person) => !bad.includes(person)),
    insiders: bad.map((person) => new Insider(world, person, group)),
    ledger,
    digest,
    ground: new Set(),
    backdated: new Set(),
    untrue: new Set(),
    mailbox,
    clocksStay,
    sides: [[...world.people.values()]],
  }
  for (const other of others.slice(0, size - 1)) founder.invite(group, other)
  for (let i = 0; i < 60 && !isAssembled(stage, size); i++) {
    world.run(500)
    acceptAll(stage)
  }
  world.run(4_000)
  if (mailbox !== undefined) {
    const link = mailboxLink(mailbox.state, ["/memory/mailbox"], mailbox.env())
    world.meetAll()
    founder.verb((state, env) => addMailbox(state, group, link, env))
    world.run(15_000)
  }
  return stage
}

/** Everybody of good faith who is in the group, by their own account. */
export function activeHonest({ honest, group }: Stage): Person[] {
  return honest.filter((person) => person.isUp && isActive(person, group))
}

/** Those of them whom the founder, whom nobody removes, wants: others may have fallen for a forged invitation. */
export function membersOf(stage: Stage): Person[] {
  const desired = groupOf(stage.founder, stage.group)?.membership.desired
  return activeHonest(stage).filter(({ identity }) => desired?.has(identity) === true)
}

/** The state that most of good faith are in. */
export function commonTip(stage: Stage): string | undefined {
  const counts = [...Map.groupBy(membersOf(stage), (person) => groupOf(person, stage.group)?.live)]
  return counts.sort(([, a], [, b]) => b.length - a.length)[0]?.[0]
}

/** Whoever holds an invitation to the group accepts it. */
export function acceptAll(stage: Stage, chance = 1): void {
  for (const person of stage.world.people.values()) {
    if (!person.isUp || !invitations(person.state).some(({ group }) => group === stage.group)) continue
    if (chance === 1 || stage.dice.chance(chance)) stage.ledger.accept(person)
  }
}

function isAssembled({ world, group }: Stage, size: number): boolean {
  const inside = [...world.people.values()].filter((person) => isActive(person, group))
  if (inside.length < size) return false
  return new Set(inside.map((person) => groupOf(person, group)?.live)).size === 1
}
