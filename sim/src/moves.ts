import { groupOf, isActive } from "./group-of.ts"
import type { CrashPoint, Person } from "./person.ts"
import { acceptAll, activeHonest, type Stage } from "./stage.ts"

/** Something that happens to a stage, at a moment that the dice choose. */
export type Move = (stage: Stage) => void

const SECOND = 1_000
const HOUR = 3_600 * SECOND
const DAY = 24 * HOUR

// what people do

export function say(stage: Stage): void {
  const author = someone(stage)
  if (author !== undefined) stage.ledger.say(author)
}

export function heal(stage: Stage): void {
  const person = someone(stage)
  if (person !== undefined) stage.ledger.heal(person)
}

export function healFounder({ ledger, founder }: Stage): void {
  ledger.heal(founder)
}

/** Everybody who can commits in this very moment. */
export function healAtOnce(stage: Stage): void {
  for (const person of activeHonest(stage)) stage.ledger.heal(person)
}

export function invite(stage: Stage): void {
  const by = someone(stage)
  const outsiders = [...stage.world.people.values()].filter(
    (person) => person !== stage.mailbox && !isActive(person, stage.group),
  )
  if (by !== undefined && outsiders.length > 0) stage.ledger.invite(by, stage.dice.pick(outsiders))
}

/** The founder removes somebody: an insider before all others. */
export function remove(stage: Stage): void {
  const { founder, insiders, honest, group, ledger, dice } = stage
  const inside = (people: readonly Person[]): Person[] =>
    people.filter((person) => person !== founder && isInTree(founder, group, person))
  const bad = inside(insiders.map(({ person }) => person))
  const targets = bad.length > 0 ? bad : inside(honest)
  if (founder.isUp && targets.length > 0) ledger.remove(founder, dice.pick(targets), true)
}

/** Any member removes any other one but the founder. */
export function removeAnyone(stage: Stage): void {
  const { founder, world, group, ledger, dice } = stage
  const by = someone(stage)
  const targets = [...world.people.values()].filter(
    (person) => person !== founder && person !== by && isInTree(founder, group, person),
  )
  if (by !== undefined && targets.length > 0) ledger.remove(by, dice.pick(targets), by === founder)
}

/** Somebody looks at the group. */
export function read(stage: Stage): void {
  const person = someone(stage)
  if (person !== undefined) stage.ledger.read(person)
}

/** Somebody takes part in receipts, or no more. */
export function turnReceipts(stage: Stage): void {
  const person = someone(stage)
  if (person !== undefined) stage.ledger.setReceipts(person, !person.state.durable.settings.receipts)
}

/** Somebody keeps ciphertexts for another time than before: an hour, a day, or the three of everybody. */
export function turnKeeping(stage: Stage): void {
  const person = someone(stage)
  if (person !== undefined) stage.ledger.keepFor(person, stage.dice.pick([HOUR, DAY, 3 * DAY]))
}

/** The founder gives somebody a role, or another one does where theirs lets them; owners are made by the founder, whose removals are to stand. */
export function giveRole(stage: Stage): void {
  const { founder, honest, dice, ledger } = stage
  const by = dice.chance(0.7) && founder.isUp ? founder : someone(stage)
  const others = honest.filter(
    (person) => person !== founder && person !== by && isInTree(founder, stage.group, person),
  )
  if (by !== undefined && others.length > 0)
    ledger.giveRole(
      by,
      dice.pick(others),
      dice.pick(by === founder ? ["member", "admin", "owner"] : ["member", "admin"]),
    )
}

/** The founder, or another owner, says who may invite and remove. */
export function setPolicy(stage: Stage): void {
  const { dice, ledger } = stage
  const by = someone(stage)
  const circles = ["everyone", "admins"] as const
  if (by !== undefined) ledger.setPolicy(by, { invite: dice.pick(circles), remove: dice.pick(circles) })
}

export function leave(stage: Stage): void {
  const person = someone(stage)
  if (person !== undefined && person !== stage.founder) stage.ledger.leave(person)
}

// what happens to the network

/** Everybody falls to one of up to three sides. */
export function split(stage: Stage): void {
  const { world, dice } = stage
  stage.sides = scatter(stage, [...world.people.values()], 2 + dice.below(2))
  world.partition(...stage.sides)
}

/** The largest side falls apart once more. */
export function splitFurther(stage: Stage): void {
  const [largest, ...others] = [...stage.sides].sort((a, b) => b.length - a.length)
  stage.sides = [...others, ...scatter(stage, largest ?? [], 2)]
  stage.world.partition(...stage.sides)
}

/** Two sides find each other again. */
export function rejoinSides(stage: Stage): void {
  const [first = [], second = [], ...others] = stage.sides
  stage.sides = [[...first, ...second], ...others]
  stage.world.partition(...stage.sides)
}

export function meet(stage: Stage): void {
  stage.sides = [[...stage.world.people.values()]]
  stage.world.meetAll()
}

export function storm(stage: Stage): void {
  const { dice } = stage
  stage.world.weather = { loss: dice.next() * 0.6, duplication: dice.next() * 0.5, delay: 1 + dice.below(8 * SECOND) }
}

export function slowDown(stage: Stage): void {
  const person = anyone(stage)
  person.slowness = person.slowness > 0 ? 0 : stage.dice.below(20 * SECOND)
}

// what happens to devices

export function crash(stage: Stage): void {
  const person = anyone(stage)
  const points: readonly CrashPoint[] = ["before the commit", "after the commit", "amid the effects"]
  person.crashPoint = stage.dice.pick(points)
  person.crashAfter = 1 + stage.dice.below(4)
}

export function restart(stage: Stage): void {
  const person = anyone(stage)
  if (person.isUp) person.restart()
}

export function switchOffOrOn(stage: Stage): void {
  const person = anyone(stage)
  if (person.isUp) person.stop()
  else switchOn(stage, person)
}

/** Nobody's device is on for a while, and one of them stays off when the others come back. */
export function night(stage: Stage): void {
  const { world, dice } = stage
  const people = [...world.people.values()]
  for (const person of people) if (person.isUp) person.stop()
  world.run(HOUR + dice.below(3 * DAY))
  const absent = dice.chance(0.7) ? dice.pick(people.slice(1)) : undefined
  for (const person of people) if (person !== absent) switchOn(stage, person)
  world.run(15 * SECOND)
}

/** Sets somebody's clock by up to a day, or by less than anybody notices, or right again. */
export function skew(stage: Stage): void {
  const person = anyone(stage)
  const most = stage.dice.chance(0.5) ? DAY : HOUR / 2
  person.clockOffset = person.clockOffset === 0 ? stage.dice.below(2 * most) - most : 0
}

export function fillDisk(stage: Stage): void {
  const person = anyone(stage)
  person.store.isFull = !person.store.isFull
}

interface Backup {
  readonly rows: ReturnType<Person["store"]["copy"]>
  readonly at: number
  readonly told: number
}

/** Saves somebody's data, or puts it back as it was saved: not that of the founder, whose removals are to be counted on. */
export function backUpOrRestore(): Move {
  const backups = new Map<Person, Backup>()
  return (stage) => {
    const { world, ledger } = stage
    const person = stage.dice.pick(stage.honest.filter((each) => each !== stage.founder))
    const backup = backups.get(person)
    if (backup === undefined) {
      if (isActive(person, stage.group))
        backups.set(person, { rows: person.store.copy(), at: world.now, told: person.notifications.length })
      return
    }
    backups.delete(person)
    if (person.isUp) person.stop()
    ledger.noteShown(person)
    person.store.restore(backup.rows)
    const told = { before: backup.told, until: person.notifications.length }
    ledger.noteRestore(person, { backedUpAt: backup.at, restoredAt: world.now, told })
    switchOn(stage, person)
  }
}

export function invitationsAreAccepted(stage: Stage): void {
  acceptAll(stage, 0.7)
}

export function someone(stage: Stage): Person | undefined {
  const people = activeHonest(stage)
  return people.length === 0 ? undefined : stage.dice.pick(people)
}

function anyone(stage: Stage): Person {
  return stage.dice.pick(stage.honest)
}

/** Back among those of its side. */
function switchOn(stage: Stage, person: Person): void {
  if (person.isUp) return
  person.boot()
  for (const other of stage.sides.find((side) => side.includes(person)) ?? []) stage.world.connect(person, other)
}

function isInTree(by: Person, group: string, person: Person): boolean {
  const own = groupOf(by, group)
  return own?.forest.get(own.live)?.roster.some((device) => device?.identity === person.identity) ?? false
}

function scatter({ dice }: Stage, people: readonly Person[], count: number): Person[][] {
  const sides = Array.from({ length: count }, (): Person[] => [])
  for (const person of people) sides[dice.below(count)]?.push(person)
  return sides.filter((side) => side.length > 0)
}
