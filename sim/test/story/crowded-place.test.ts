import { expect, test } from "vitest"

import { headOf, type LoggedRecord } from "@starling/messenger/parts"

import { expectOneState } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import { crypto } from "../../src/seeded.ts"

const [COMMIT, UNKNOWN] = [2, 9] as const

test("of hundreds of records for one place members come to keep the same, on disk too, and what they built on", () => {
  const { world, people, group } = gather(5, "alice", "bob", "carol", "dave", "mallory")
  const [alice, bob, carol, dave, mallory] = people as [Person, Person, Person, Person, Person]
  const insider = new Insider(world, mallory, group)
  mallory.heal(group)
  world.run(5_000)
  const { device } = mallory.state.durable.own
  const logOf = (person: Person): readonly LoggedRecord[] =>
    person.state.durable.groups.get(group)!.logs.get(device) ?? []
  const headAt = (person: Person): string =>
    headOf(crypto, person.state.durable.groups.get(group)!.logs, device)?.head ?? ""
  const { live } = mallory.state.durable.groups.get(group)!
  const parent = insider.hoard.nodes.get(live)!
  const [place] = insider.log()
  const forged = [insider.commitOn(parent)!, insider.commitOn(parent)!]
  for (const [i, side] of [[alice, bob] as const, [carol, dave] as const].entries()) {
    const other = i === 0 ? [carol, dave] : [alice, bob]
    const filler = Array.from({ length: 300 }, (_, n) =>
      insider.signAfter(place, UNKNOWN, new Uint8Array([i, n, n >> 8])),
    )
    const { undo } = insider.implant([insider.signAfter(place, COMMIT, forged[i]!.body), ...filler])
    world.partition(side, other, [mallory])
    world.run(200)
    world.partition([...side, mallory], other)
    world.run(3_000)
    side[0].heal(group)
    world.run(3_000)
    expect(side.map((person) => logOf(person).length > 256)).toEqual([true, true])
    const built = [...side[1].state.durable.groups.get(group)!.forest.values()].some(
      (node) => node.parent === forged[i]!.node.sid,
    )
    expect(built).toBe(true)
    undo()
  }
  world.goOffline(mallory)
  mallory.stop()
  world.meetAll()
  world.run(60_000)
  const honest = [alice, bob, carol, dave]
  expect(new Set(honest.map(headAt)).size).toBe(1)
  expectOneState(group, ...honest)
  for (const { node } of forged)
    for (const person of honest) expect(person.state.durable.groups.get(group)!.forest.has(node.sid)).toBe(true)
  const before = logOf(alice)
  for (const person of honest) person.restart()
  expect(logOf(alice).map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash))
  expect(new Set(honest.map(headAt)).size).toBe(1)
  world.meetAll()
  alice.heal(group)
  world.run(30_000)
  expectOneState(group, ...honest)
})
