import * as fc from "fast-check"
import { expect, test } from "vitest"

import { names, ToldOperations } from "../support/told-operations.ts"

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

test("who was added by a void addition goes too, with everybody that they added", () => {
  const story = new ToldOperations()
  const bob = story.add("alice", "bob")
  story.remove("alice", "bob", bob)
  const carol = story.add("bob", "carol", bob)
  story.add("carol", "dave", carol)
  expect(story.members()).toEqual(["alice"])
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
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 14 }), fc.infiniteStream(fc.nat()), (steps, dice) => {
      const story = new ToldOperations()
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
