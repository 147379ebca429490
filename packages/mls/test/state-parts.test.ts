import { toHex, utf8, type Bytes } from "@starling/kernel"
import {
  changedParts,
  createCommit,
  encodeState,
  isWhole,
  eraseReplaced,
  partNames,
  propose as proposeOwn,
  protect,
  receive,
  scrub,
  stateOfParts,
  type GroupState,
  type Proposal,
  type StatePart,
} from "@starling/mls"
import { Branch, writeProposal } from "@starling/mls/rfc9420"
import { encode } from "@starling/wire"
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

function removals(...leaves: readonly number[]): readonly Proposal[] {
  return leaves.map((leafIndex) => ({ kind: "remove", leafIndex }))
}

/** After a proposal by the founder. */
function proposed(story: Story, to: GroupState, proposal: Proposal): GroupState {
  return expectKind(receive(story.mls, to, propose(story.mls, story.state("0"), proposal)), "proposal").next
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
    expect([...parts.keys()].toSorted()).toEqual([...partNames(bob)].toSorted())
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
  for (const proposal of removals(3, 4)) keep(proposed(story, bob, proposal))
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

test("a proposal writes itself and no other, however many are pending", () => {
  const story = group("many proposals", 3)
  const parts = new Map<string, Bytes>()
  let bob = story.state("1")
  apply(parts, changedParts(undefined, bob))
  for (let i = 0; i < 200; i++) {
    const groupId = new Uint8Array(1000).fill(i)
    const proposal: Proposal = { kind: "reinit", groupId, version: 1, ciphersuite: 1, extensions: [] }
    const next = proposed(story, bob, proposal)
    const changes = changedParts(bob, next)
    expect(size(changes)).toBeLessThanOrEqual(encode((w) => writeProposal(w, proposal)).length + 64)
    apply(parts, changes)
    bob = next
  }
  expect(bob.proposals).toHaveLength(200)
  expect(rebuilt(parts)).toEqual(bob)
})

test("an epoch leaves none of the proposals of the one before, nor the keys of an update that nobody committed", () => {
  const story = group("another epoch", 3)
  const { mls } = story
  const parts = new Map<string, Bytes>()
  const update = proposeOwn(mls, story.state("1"), { kind: "update" }, { now: NOW })
  if (update.kind !== "ok") throw new Error(update.reason)
  const before = proposed(story, update.next, { kind: "remove", leafIndex: 2 })
  const key = before.proposals[0]?.ownKeys?.encryptionPrivateKey ?? utf8("none")
  apply(parts, changedParts(undefined, before))
  const held = (): boolean => [...parts.values()].some((value) => holds(value, key))
  expect(held()).toBe(true)
  const made = createCommit(mls, story.state("0"), { proposals: [], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  apply(parts, changedParts(before, expectKind(receive(mls, before, made.commit), "commit").next))
  expect([...parts.keys()].filter((name) => name.startsWith("proposal"))).toEqual(["proposals"])
  expect(held()).toBe(false)
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
  const used = proposed(story, protect(mls, story.state("1"), utf8("hello")).next, { kind: "remove", leafIndex: 2 })
  apply(parts, changedParts(undefined, used))
  const retained = scrub(used)
  apply(parts, changedParts(used, retained))
  expect([...parts.keys()].toSorted()).toEqual(["epoch", "proposal/0", "proposals", "tree"])
  for (const value of parts.values()) expect(holds(value, used.keys.exporter)).toBe(false)
  expect(stateOfParts(parts)).toEqual({ kind: "ok", value: retained })
})

test("a state that lacks a part, or has one of a newer version, is not read", () => {
  const story = group("lacking", 3)
  let state = protect(story.mls, story.state("1"), utf8("hello")).next
  for (const proposal of removals(0, 2)) state = proposed(story, state, proposal)
  const all = new Map<string, Bytes>()
  apply(all, changedParts(undefined, state))
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
