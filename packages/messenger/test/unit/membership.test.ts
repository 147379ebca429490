import * as fc from "fast-check"
import { expect, test } from "vitest"

import { EQUALS } from "@starling/messenger/parts"

import { names, people, ToldOperations } from "../support/told-operations.ts"

test("the creator is a member, and whoever a member adds", () => {
  const story = new ToldOperations()
  expect(story.members()).toEqual(["alice"])
  const bob = story.add("alice", "bob")
  story.add("bob", "carol", bob)
  expect(story.members()).toEqual(["alice", "bob", "carol"])
})

test("somebody whom nobody added adds nobody", () => {
  const story = new ToldOperations()
  story.add("bob", "carol")
  expect(story.members()).toEqual(["alice"])
})

test("a removal beats an addition that does not know of it; one that does admits again", () => {
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  const carol = story.add("alice", "carol", bob)
  const removal = story.remove("alice", "carol", carol)
  story.add("bob", "carol", carol)
  expect(story.members()).toEqual(["alice", "bob"])
  story.add("bob", "carol", removal)
  expect(story.members()).toEqual(["alice", "bob", "carol"])
})

test("what a removed member did concurrently is void, what it did before is not", () => {
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  const carol = story.add("bob", "carol", bob)
  story.remove("alice", "bob", carol)
  expect(story.members()).toEqual(["alice", "carol"])
  story.add("bob", "dave", carol)
  expect(story.members()).toEqual(["alice", "carol"])
})

test("what a removed member writes into an old branch of its log is void too: it stands where others knew another one", () => {
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  const first = story.policy("bob", EQUALS, bob)
  const second = story.policy("bob", EQUALS)
  const third = story.policy("bob", EQUALS)
  story.remove("alice", "bob", third)
  story.goBack("bob", first)
  const carol = story.add("bob", "carol", bob)
  story.add("carol", "dave", carol)
  expect(story.members()).toEqual(["alice"])
  expect(story.members(story.all.toReversed())).toEqual(["alice"])
  story.goBack("bob", second)
  story.remove("bob", "alice")
  expect(story.members()).toEqual(["alice"])
})

test("who was added by a void addition goes too, with everybody that they added", () => {
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  story.remove("alice", "bob", bob)
  const carol = story.add("bob", "carol", bob)
  story.add("carol", "dave", carol)
  expect(story.members()).toEqual(["alice"])
})

test("nobody becomes senior by adding themselves before anybody added them", () => {
  const story = new ToldOperations()
  const dave = story.add("alice", "dave")
  const bob = story.add("alice", "bob", dave)
  const carol = story.add("alice", "carol", bob)
  story.add("carol", "carol")
  story.remove("carol", "bob", carol)
  story.remove("bob", "carol", carol)
  expect(story.members()).toEqual(["alice", "bob", "dave"])
})

test("of two who remove each other the senior one stays", () => {
  const story = new ToldOperations()
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
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  const left = story.leave("bob", bob)
  expect(story.members()).toEqual(["alice"])
  story.add("alice", "bob", left)
  expect(story.members()).toEqual(["alice", "bob"])
})

test("nobody comes back from a removal by their own word, however often given, nor by that of whom they add", () => {
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  const removal = story.remove("alice", "bob", bob)
  const first = story.add("bob", "bob", removal)
  const second = story.add("bob", "bob", first)
  expect(story.members()).toEqual(["alice"])
  const carol = story.add("bob", "carol", second)
  const back = story.add("carol", "bob", carol)
  story.add("bob", "carol", back)
  expect(story.members()).toEqual(["alice"])
  story.add("alice", "bob", removal)
  expect(story.members()).toEqual(["alice", "bob"])
})

test("the order in which operations come does not matter", () => {
  const step = fc.record({
    by: fc.constantFrom(...names),
    whom: fc.constantFrom(...names),
    kind: fc.constantFrom("add", "add", "remove", "leave"),
    knowing: fc.array(fc.nat(20), { maxLength: 3 }),
    // Now and then an operation goes on from an earlier one of its author, so that the log forks.
    to: fc.option(fc.nat(20), { freq: 4 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (steps, dice) => {
      const story = new ToldOperations()
      for (const { by, whom, kind, knowing, to } of steps) {
        const earlier = story.all[to ?? -1]
        if (earlier?.author === people[by].identity) story.goBack(by, earlier)
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
      const { permits } = story.membership()
      for (const op of story.all) {
        // Whether an author was entitled is said once for all, whatever else comes of any log.
        const past = story.all.slice(0, story.all.indexOf(op) + 1)
        expect(story.membership(past).permits(op)).toBe(permits(op))
      }
    }),
  )
})
