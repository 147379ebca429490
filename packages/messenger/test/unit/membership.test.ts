import * as fc from "fast-check"
import { expect, test } from "vitest"

import { EQUALS, resolveMembership, type Change, type KnownOperation } from "@starling/messenger/parts"

import { person } from "../support/devices.ts"

const people = { alice: person(1), bob: person(2), carol: person(3), dave: person(4) }
type Name = keyof typeof people
const names = Object.keys(people) as Name[]

/** A set of operations in the making: each says who, what, and what its author knew. */
class Story {
  readonly all: KnownOperation[] = []

  add(by: Name, whom: Name, ...knowing: readonly KnownOperation[]): KnownOperation {
    return this.#tell(by, { kind: "add", device: people[whom], name: whom }, knowing)
  }

  remove(by: Name, whom: Name, ...knowing: readonly KnownOperation[]): KnownOperation {
    return this.#tell(by, { kind: "remove", identity: people[whom].identity, after: "00".repeat(32) }, knowing)
  }

  leave(by: Name, ...knowing: readonly KnownOperation[]): KnownOperation {
    return this.#tell(by, { kind: "leave", after: "00".repeat(32) }, knowing)
  }

  members(order: readonly KnownOperation[] = this.all): Name[] {
    const operations = new Map(order.map((op) => [op.hash, op]))
    const { desired } = resolveMembership(operations, { creator: people.alice, creatorName: "alice", policy: EQUALS })
    return names.filter((name) => desired.has(people[name].identity))
  }

  #tell(by: Name, change: Change, knowing: readonly KnownOperation[]): KnownOperation {
    const { identity: author, device } = people[by]
    const previous = this.all.findLast((op) => op.author === author)?.hash
    const hash = this.all.length.toString(16).padStart(64, "0")
    const op = { hash, author, device, change, deps: knowing.map((known) => known.hash), previous }
    this.all.push(op)
    return op
  }
}

test("the creator is a member, and whoever a member adds", () => {
  const story = new Story()
  expect(story.members()).toEqual(["alice"])
  const bob = story.add("alice", "bob")
  story.add("bob", "carol", bob)
  expect(story.members()).toEqual(["alice", "bob", "carol"])
})

test("somebody whom nobody added adds nobody", () => {
  const story = new Story()
  story.add("bob", "carol")
  expect(story.members()).toEqual(["alice"])
})

test("a removal beats an addition that does not know of it; one that does admits again", () => {
  const story = new Story()
  const bob = story.add("alice", "bob")
  const carol = story.add("alice", "carol", bob)
  const removal = story.remove("alice", "carol", carol)
  story.add("bob", "carol", carol)
  expect(story.members()).toEqual(["alice", "bob"])
  story.add("bob", "carol", removal)
  expect(story.members()).toEqual(["alice", "bob", "carol"])
})

test("what a removed member did concurrently is void, what it did before is not", () => {
  const story = new Story()
  const bob = story.add("alice", "bob")
  const carol = story.add("bob", "carol", bob)
  story.remove("alice", "bob", carol)
  expect(story.members()).toEqual(["alice", "carol"])
  story.add("bob", "dave", carol)
  expect(story.members()).toEqual(["alice", "carol"])
})

test("who was added by a void addition goes too, with everybody that they added", () => {
  const story = new Story()
  const bob = story.add("alice", "bob")
  story.remove("alice", "bob", bob)
  const carol = story.add("bob", "carol", bob)
  story.add("carol", "dave", carol)
  expect(story.members()).toEqual(["alice"])
})

test("of two who remove each other the senior one stays", () => {
  const story = new Story()
  const bob = story.add("alice", "bob")
  const carol = story.add("alice", "carol", bob)
  story.remove("carol", "bob", carol)
  story.remove("bob", "carol", carol)
  expect(story.members()).toEqual(["alice", "bob"])
  story.remove("bob", "alice", carol)
  story.remove("alice", "bob", carol)
  // Bob is out by it, and so his removal of carol is void.
  expect(story.members()).toEqual(["alice", "carol"])
})

test("who leaves is out until added again by somebody who knows", () => {
  const story = new Story()
  const bob = story.add("alice", "bob")
  const left = story.leave("bob", bob)
  expect(story.members()).toEqual(["alice"])
  story.add("alice", "bob", left)
  expect(story.members()).toEqual(["alice", "bob"])
})

test("the order in which operations come does not matter", () => {
  const step = fc.record({
    by: fc.constantFrom(...names),
    whom: fc.constantFrom(...names),
    kind: fc.constantFrom("add", "add", "remove", "leave"),
    knowing: fc.array(fc.nat(20), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (steps, dice) => {
      const story = new Story()
      for (const { by, whom, kind, knowing } of steps) {
        const known = knowing.flatMap((i) => story.all[i] ?? [])
        if (kind === "add") story.add(by, whom, ...known)
        else if (kind === "remove") story.remove(by, whom, ...known)
        else story.leave(by, ...known)
      }
      const shuffled = story.all
        .map((op) => ({ op, at: dice.next().value ?? 0 }))
        .sort((a, b) => a.at - b.at)
        .map(({ op }) => op)
      expect(story.members(shuffled)).toEqual(story.members())
    }),
  )
})
