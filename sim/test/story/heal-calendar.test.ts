import { expect, test } from "vitest"

import { groupDetail, healPeriodDays, setHealPeriod, timeline, type HealPlan } from "@starling/messenger"

import { expectOneState } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

const MINUTE = 60_000
const DAY = 86_400_000

function planOf(person: Person, group: string): HealPlan | undefined {
  return groupDetail(person.state, group, person.env())?.ownKeys.plan
}

/** When each commit of a person came, oldest first; whatever a commit does, it renews its author's keys. */
function renewals(person: Person, group: string, of: Person): number[] {
  return (timeline(person.state, group) ?? [])
    .filter(({ by, reason, chosen }) => chosen && by === of.identity && reason === "healed")
    .map(({ at }) => at)
}

/** Lets days pass: devices sleep between the times at which any of them has something planned. */
function passAwake(world: World, group: string, until: number, ...people: readonly Person[]): void {
  while (world.now < until) {
    const planned = people.map((person) => {
      const plan = planOf(person, group)
      return plan?.kind === "planned" ? plan.at : world.now
    })
    const next = Math.min(until, ...planned) - MINUTE
    if (next > world.now) world.now = next
    world.run(2 * MINUTE)
  }
}

test("five members over fifteen days: everybody renews once a week, and no commit is lost in a fork", () => {
  const names = ["alice", "bob", "carol", "dave", "erin"]
  const { world, people, group } = gather(1, ...names)
  const [alice] = people as [Person]
  const begin = world.now
  passAwake(world, group, begin + 15 * DAY, ...people)
  expectOneState(group, ...people)
  const all = timeline(alice.state, group) ?? []
  expect(all.filter(({ chosen }) => !chosen)).toEqual([])
  for (const person of people) {
    const times = renewals(alice, group, person)
    // Alice's additions have renewed her keys on the first day.
    if (person !== alice) expect(times[0], person.name).toBeLessThan(begin + DAY)
    for (const week of [0, 1]) {
      const inWeek = times.filter((at) => at >= begin + week * 7 * DAY && at < begin + (week + 1) * 7 * DAY)
      expect(inWeek.length, `${person.name}, week ${week}`).toBeGreaterThanOrEqual(1)
      expect(inWeek.length, `${person.name}, week ${week}`).toBeLessThanOrEqual(2)
    }
  }
  expect(people.flatMap((person) => person.troubles())).toEqual([])
})

test("who was away when its slot came renews before the first message, or else a while after it is back", () => {
  const { world, people, group } = gather(2, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  passAwake(world, group, world.now + DAY, ...people)
  const [away, silent] = [bob, carol]
  for (const person of [away, silent]) world.goOffline(person)
  world.now += 12 * DAY
  world.run(5 * MINUTE)
  expect([away, silent].map((person) => planOf(person, group))).toEqual([{ kind: "overdue" }, { kind: "overdue" }])
  const epoch = away.detail(group).epoch
  away.send(group, "nobody is connected")
  expect(away.detail(group).epoch).toBe(epoch)

  const before = world.now
  world.meetAll()
  world.run(3_000)
  away.send(group, "with new keys")
  world.run(3_000)
  expect(renewals(alice, group, away).at(-1)).toBeGreaterThan(before)
  expect(alice.messages(group).at(-1)).toMatchObject({ text: "with new keys", epoch: alice.detail(group).epoch })
  expect(renewals(alice, group, silent).at(-1)).toBeLessThan(before)
  world.run(11 * MINUTE)
  expect(renewals(alice, group, silent).at(-1)).toBeGreaterThan(before)
  expectOneState(group, ...people)
  expect((timeline(alice.state, group) ?? []).filter(({ chosen }) => !chosen)).toEqual([])
})

test("the period is each device's own, survives a restart, and can be switched off", () => {
  const { world, people, group } = gather(3, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  expect(healPeriodDays(alice.state)).toBe(7)
  alice.verb((state, env) => setHealPeriod(state, 1, env))
  bob.verb((state, env) => setHealPeriod(state, undefined, env))
  for (const days of [0, 31, 1.5, Number.NaN])
    expect(setHealPeriod(alice.state, days, alice.env())).toMatchObject({ kind: "refused", code: "bad-period" })
  alice.restart()
  bob.restart()
  expect([healPeriodDays(alice.state), healPeriodDays(bob.state)]).toEqual([1, undefined])
  expect(planOf(bob, group)).toEqual({ kind: "off" })
  const begin = world.now
  world.run(MINUTE)
  passAwake(world, group, begin + 3 * DAY, alice)
  expect(renewals(bob, group, alice).length).toBeGreaterThanOrEqual(2)
  expect(renewals(bob, group, bob)).toEqual([])
})

test("who is alone in a group renews nothing, and is told so", () => {
  const { world, people } = gather(4, "alice", "bob")
  const [alice] = people as [Person]
  const own = alice.createGroup("diary")
  world.now += 30 * DAY
  world.run(5 * MINUTE)
  expect(planOf(alice, own)).toEqual({ kind: "alone" })
  expect(alice.detail(own).epoch).toBe(0)
})
