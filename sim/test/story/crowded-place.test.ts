import { expect, test } from "vitest"

import { encodeOperation, EQUALS, headOf, type ForestNode, type LoggedRecord } from "@starling/messenger/parts"

import { expectOneState } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import { crypto } from "../../src/seeded.ts"

const [OPERATION, COMMIT, UNKNOWN] = [1, 2, 9] as const

function logOf(person: Person, group: string, author: Person): readonly LoggedRecord[] {
  return person.state.durable.groups.get(group)!.logs.get(author.state.durable.own.device) ?? []
}

function hashesOf(person: Person, group: string, author: Person): string[] {
  return logOf(person, group, author)
    .map(({ hash }) => hash)
    .sort()
}

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

test("of a chain in old branches that somebody built on, everything stays, however much is put beside it", () => {
  const { world, people, group } = gather(6, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const insider = new Insider(world, mallory, group)
  mallory.heal(group)
  world.run(5_000)
  const [place] = insider.log()
  const chain: ForestNode[] = []
  let parent = insider.hoard.nodes.get(mallory.state.durable.groups.get(group)!.live)!
  const commits = Array.from({ length: 3 }, () => {
    const forged = insider.commitOn(parent)!
    parent = forged.node
    chain.push(forged.node)
    return insider.signAfter(place, COMMIT, forged.body)
  })
  insider.implant(commits)
  world.goOffline(mallory)
  world.run(500)
  world.meetAll()
  world.run(15_000)
  bob.heal(group)
  world.run(5_000)
  expect([...nodesOf(alice)].some((node) => node.parent === parent.sid && node.author === bob.identity)).toBe(true)
  insider.implant(Array.from({ length: 600 }, (_, n) => insider.signAfter(place, UNKNOWN, new Uint8Array([n, n >> 8]))))
  mallory.heal(group)
  world.run(60_000)
  expect(logOf(alice, group, mallory).length).toBeGreaterThan(256)
  for (const person of [alice, bob])
    for (const { sid } of chain)
      expect(
        [...nodesOf(person)].map((node) => node.sid),
        person.name,
      ).toContain(sid)
  expect(hashesOf(bob, group, mallory)).toEqual(hashesOf(alice, group, mallory))

  function nodesOf(person: Person): Iterable<ForestNode> {
    return person.state.durable.groups.get(group)!.forest.values()
  }
})

test("who was brought in by whoever signs many histories has others keep a few of them, and not all that it names", () => {
  const { world, people, group } = gather(7, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const insider = new Insider(world, mallory, group)
  const pat = world.person("pat")
  world.meetAll()
  mallory.knows(pat)
  mallory.invite(group, pat)
  world.run(1_000)
  pat.accept(group)
  world.run(15_000)
  const puppet = new Insider(world, pat, group)
  const [place] = insider.log()
  const change = { kind: "policy", policy: EQUALS } as const
  const strays = Array.from({ length: 320 }, (_, n) =>
    insider.signAfter(place, OPERATION, encodeOperation({ change, deps: [String(n).padStart(64, "0")] })),
  )
  const era = pat.state.durable.groups.get(group)!.forest.get(pat.state.durable.groups.get(group)!.live)!.era
  for (let n = 0; n < strays.length; n += 8) {
    const deps = strays.slice(n, n + 8).map(({ hash }) => hash)
    const own = pat.state.durable.own
    const body = encodeOperation({ change: { kind: "add", device: own, name: "pat" }, deps })
    puppet.publish("upd", puppet.sign(OPERATION, body).encoded, era, [alice, bob])
  }
  world.run(20_000)
  insider.implant(strays)
  mallory.heal(group)
  world.run(120_000)
  const kept = new Set(hashesOf(alice, group, mallory))
  const count = strays.filter(({ hash }) => kept.has(hash)).length
  expect(count).toBeGreaterThanOrEqual(17)
  expect(count).toBeLessThanOrEqual(17 + 64)
  expect(hashesOf(bob, group, mallory)).toEqual(hashesOf(alice, group, mallory))
})
