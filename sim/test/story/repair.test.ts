import { expect, test } from "vitest"

import { deliveryOf } from "@starling/messenger"

import { expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"
import { FAIR } from "../../src/world.ts"

test("what gossip did not bring to connected members is with all of them within three seconds, and known to be", () => {
  const { world, people, group } = gather(71, "alice", "bob", "carol", "dave", "erin")
  const [alice, ...others] = people as [Person, ...Person[]]
  world.weather = { ...FAIR, loss: 1 }
  const id = alice.send(group, "nobody heard it")
  world.run(3_000)
  expectTexts(group, ["nobody heard it"], ...others)
  world.run(1_500)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 4, delivered: 4, recipients: 4 })
})

test("the first words to somebody who has just joined arrive, though the subscription is not known yet", () => {
  const { world, people, group } = gather(72, "alice", "bob", "carol")
  const [alice] = people as [Person]
  const dave = world.person("dave")
  world.meetAll()
  alice.knows(dave)
  alice.invite(group, dave)
  world.run(1_000)
  dave.accept(group)
  world.run(300)
  // As where neither side has heard of the other's topic.
  world.weather = { ...FAIR, loss: 1 }
  alice.send(group, "welcome")
  dave.send(group, "hello all")
  world.run(3_000)
  expectTexts(group, ["welcome", "hello all"], ...people, dave)
})

test("attempts end: somebody who never accepts is not asked for ever", () => {
  const { world, people, group } = gather(73, "alice", "bob")
  const [alice] = people as [Person]
  const dave = world.person("dave")
  world.meetAll()
  alice.knows(dave)
  alice.invite(group, dave)
  world.run(20_000)
  alice.send(group, "dave can't read this yet")
  let asked = 0
  alice.overheard = (effect) => {
    if (effect.kind === "request" && effect.protocol === "sync" && effect.peerId === dave.peerId) asked++
  }
  world.run(60_000)
  const [before] = [asked]
  expect(before).toBeGreaterThan(0)
  // Four repairs, and every second turn of the periodic exchange.
  expect(before).toBeLessThan(12)
})
