import { toHex, utf8, type Bytes } from "@starling/kernel"
import {
  changedParts,
  createCommit,
  encodeState,
  isWhole,
  eraseReplaced,
  protect,
  receive,
  scrub,
  stateOfParts,
  type GroupState,
  type StatePart,
} from "@starling/mls"
import { Branch } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { propose } from "./forgery.ts"
import { expectKind, Story } from "./story.ts"
import { NOW, world } from "./world.ts"

/** What a store makes of it. */
function apply(parts: Map<string, Bytes>, changes: readonly StatePart[]): void {
  for (const { name, value } of changes) {
    if (value === undefined) parts.delete(name)
    else parts.set(name, value)
  }
}

function size(changes: readonly StatePart[]): number {
  return changes.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0)
}

function rebuilt(parts: ReadonlyMap<string, Bytes>): GroupState {
  const state = stateOfParts(parts)
  if (state.kind !== "ok") throw new Error(state.why)
  if (!isWhole(state.value)) throw new TypeError("a state that was scrubbed")
  return state.value
}

function holds(bytes: Uint8Array, secret: Uint8Array): boolean {
  return toHex(bytes).includes(toHex(secret))
}

function group(seed: string, size: number): Story {
  const story = new Story(world(seed), "0")
  story.add("0", ...Array.from({ length: size - 1 }, (_, i) => `${i + 1}`))
  return story
}

test("the parts that changed make of the stored state the new one, message by message", () => {
  const story = group("message by message", 5)
  const { mls } = story
  const parts = new Map<string, Bytes>()
  let bob = story.state("1")
  apply(parts, changedParts(undefined, bob))
  const keep = (next: GroupState): void => {
    apply(parts, changedParts(bob, next))
    bob = next
    expect(rebuilt(parts)).toEqual(bob)
    expect(Object.fromEntries(parts)).toEqual(
      Object.fromEntries(changedParts(undefined, bob).map(({ name, value }) => [name, value])),
    )
  }
  const sent = ["0", "2", "4"].map((name) => {
    let state = story.state(name)
    return Array.from({ length: 6 }, (_, i) => {
      const made = protect(mls, state, utf8(`${name} ${i}`))
      state = made.next
      return made.message
    })
  })
  for (const order of [
    [3, 0, 1, 5],
    [2, 4],
  ]) {
    for (const messages of sent) {
      for (const i of order) keep(expectKind(receive(mls, bob, messages[i] ?? utf8("")), "application").next)
      keep(protect(mls, bob, utf8("own")).next)
    }
  }
  keep(expectKind(receive(mls, bob, propose(mls, story.state("0"), { kind: "remove", leafIndex: 4 })), "proposal").next)
  const removal = createCommit(mls, bob, { proposals: [], includePending: true, now: NOW })
  if (removal.kind !== "ok") throw new Error(removal.reason)
  keep(removal.next)
})

test("a message changes less than a kilobyte in a group of a thousand leaves, and the first of a sender too", () => {
  const story = group("a thousand", 2)
  const { mls } = story
  const own = story.state("1")
  let { root } = own.tree
  while (root.index < 1023) root = new Branch(2 * root.index + 1, undefined, root, root)
  const large = { ...own, tree: { ...own.tree, root } }
  const first = protect(mls, large, utf8("first"))
  const second = protect(mls, first.next, utf8("second"))
  expect(size(changedParts(large, first.next))).toBeLessThan(1024)
  expect(size(changedParts(first.next, second.next))).toBeLessThan(100)
})

test("a used secret is in no part that is left, and is overwritten in memory when asked for", () => {
  const story = group("erased", 4)
  const { mls } = story
  const parts = new Map<string, Bytes>()
  const before = story.state("1")
  apply(parts, changedParts(undefined, before))
  const root = parts.get("secret/3")?.slice() ?? new Uint8Array(0)
  expect(root).toHaveLength(32)
  const sent = protect(mls, before, utf8("one"))
  apply(parts, changedParts(before, sent.next))
  const ratchet = parts.get("application/1")?.slice(4) ?? new Uint8Array(0)
  expect(ratchet).toHaveLength(32)
  const again = protect(mls, sent.next, utf8("two"))
  apply(parts, changedParts(sent.next, again.next))
  for (const value of parts.values()) {
    for (const secret of [root, ratchet]) expect(holds(value, secret)).toBe(false)
  }
  const kept = encodeState(again.next)
  eraseReplaced(before, sent.next)
  eraseReplaced(sent.next, again.next)
  expect(holds(encodeState(before), root)).toBe(false)
  expect(holds(encodeState(sent.next), ratchet)).toBe(false)
  expect(encodeState(again.next)).toEqual(kept)
})

test("scrubbing a state erases its parts but those that later commits need", () => {
  const story = group("scrubbed", 4)
  const { mls } = story
  const parts = new Map<string, Bytes>()
  const used = protect(mls, story.state("1"), utf8("hello")).next
  apply(parts, changedParts(undefined, used))
  const retained = scrub(used)
  apply(parts, changedParts(used, retained))
  expect([...parts.keys()].toSorted()).toEqual(["epoch", "proposals", "tree"])
  for (const value of parts.values()) expect(holds(value, used.keys.exporter)).toBe(false)
  expect(stateOfParts(parts)).toEqual({ kind: "ok", value: retained })
})

test("a state that lacks a part, or has one of a newer version, is not read", () => {
  const story = group("lacking", 3)
  const all = new Map(
    changedParts(undefined, protect(story.mls, story.state("1"), utf8("hello")).next).flatMap(({ name, value }) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  )
  expect(stateOfParts(all).kind).toBe("ok")
  for (const name of all.keys()) {
    const fewer = new Map(all)
    fewer.delete(name)
    expect(stateOfParts(fewer).kind, name).toBe("malformed")
  }
  const epoch = all.get("epoch") ?? new Uint8Array(2)
  expect(stateOfParts(new Map(all).set("epoch", epoch.with(1, 3)))).toMatchObject({
    kind: "malformed",
    why: expect.stringContaining("version 3"),
  })
})
