import { fromHex, toHex, utf8 } from "@starling/kernel"
import {
  applicationSignatureIsValid,
  createCommit,
  propose,
  protect,
  receive,
  type GroupState,
  type MlsContext,
  type SignedApplication,
} from "@starling/mls"
import { expect, test } from "vitest"

import { expectKind, Story } from "./story.ts"
import { NOW, world } from "./world.ts"

function pair(seed: string): Story {
  const story = new Story(world(seed), "alice")
  story.add("alice", "bob")
  return story
}

function protectMany(mls: MlsContext, from: GroupState, count: number): readonly Uint8Array[] {
  let state = from
  return Array.from({ length: count }, (_, i) => {
    const sent = protect(mls, state, utf8(`${i}`), { padTo: 1 })
    state = sent.next
    return sent.message
  })
}

test("messages may come in any order, each of them once", () => {
  const story = pair("order")
  const sent = protectMany(story.mls, story.state("alice"), 12)
  let bob = story.state("bob")
  for (const i of [5, 0, 11, 3, 1, 2, 10, 9, 4, 6, 8, 7]) {
    const received = expectKind(receive(story.mls, bob, sent[i] ?? new Uint8Array(0)), "application")
    expect(received.data).toEqual(utf8(`${i}`))
    expect(received.generation).toBe(i)
    bob = received.next
  }
  for (const message of sent) {
    expect(receive(story.mls, bob, message)).toEqual({
      kind: "refused",
      reason: "generation-used",
      section: "RFC 9420, 9.1",
    })
  }
})

test("who received a message can show what its sender signed to anybody, and nothing else in its place", () => {
  const story = pair("signed")
  const { mls } = story
  const alice = story.state("alice")
  const { message } = protect(mls, alice, utf8("mine"), { authenticatedData: utf8("7") })
  const received = expectKind(receive(mls, story.state("bob"), message), "application")
  const { groupId, epoch, contextBytes } = story.state("bob")
  const { data, authenticatedData, signature, sender } = received
  const signed = { groupId, epoch, leafIndex: sender.leafIndex, authenticatedData, data, contextBytes, signature }
  const isValid = (change: Partial<SignedApplication>): boolean =>
    applicationSignatureIsValid(mls.crypto, sender.signatureKey, { ...signed, ...change })
  expect(isValid({})).toBe(true)
  for (const change of [
    { data: utf8("yours") },
    { authenticatedData: utf8("8") },
    { epoch: epoch + 1n },
    { leafIndex: sender.leafIndex + 1 },
    { groupId: utf8("another") },
    { contextBytes: utf8("another") },
  ])
    expect(isValid(change), Object.keys(change)[0]).toBe(false)
  const other = story.state("bob").signatureKeys.publicKey
  expect(applicationSignatureIsValid(mls.crypto, other, signed)).toBe(false)
})

test("a used key is in no later state, and skipped ones are bounded", () => {
  const story = pair("bounds")
  const { mls } = story
  const sent = protectMany(mls, story.state("alice"), 2003)
  const bob = story.state("bob")
  expect(receive(mls, bob, sent[1001] ?? new Uint8Array(0))).toMatchObject({ reason: "generation-too-far" })
  const once = expectKind(receive(mls, bob, sent[1000] ?? new Uint8Array(0)), "application").next
  const twice = expectKind(receive(mls, once, sent[2001] ?? new Uint8Array(0)), "application").next
  expect(receive(mls, twice, sent[1000] ?? new Uint8Array(0))).toMatchObject({ reason: "generation-used" })
  expect(receive(mls, twice, sent[999] ?? new Uint8Array(0))).toMatchObject({ reason: "generation-used" })
  expect(receive(mls, twice, sent[1001] ?? new Uint8Array(0)).kind).toBe("application")
  expect(receive(mls, twice, sent[2002] ?? new Uint8Array(0)).kind).toBe("application")
})

test.for([
  { padTo: 1, short: 3, long: 100 },
  { padTo: 256, short: 3, long: 100 },
  { padTo: 1000, short: 3, long: 800 },
])("padded to multiples of $padTo, a short text and a long one look alike or not", ({ padTo, short, long }) => {
  const story = pair("padding")
  const length = (size: number) =>
    protect(story.mls, story.state("alice"), new Uint8Array(size), { padTo }).message.length
  expect(length(short) === length(long)).toBe(padTo > 1)
})

test.for([0, -1, -256, 1.5, Number.NaN, Number.POSITIVE_INFINITY])("padding to multiples of %d is misuse", (padTo) => {
  const story = pair("no padding")
  const { mls } = story
  const alice = story.state("alice")
  const clear = /^padTo is a number of bytes from 1 on, not /
  expect(() => protect(mls, alice, utf8("hi"), { padTo })).toThrow(clear)
  for (const wireFormat of ["public", "private"] as const) {
    expect(() => propose(mls, alice, { kind: "update" }, { padTo, wireFormat, now: NOW })).toThrow(clear)
    expect(() => createCommit(mls, alice, { proposals: [], padTo, wireFormat, now: NOW })).toThrow(RangeError)
  }
})

test("authenticated data travels in the clear and is bound to the message", () => {
  const story = pair("authenticated data")
  const { mls } = story
  const authenticatedData = utf8("seen by all")
  const { message } = protect(mls, story.state("alice"), utf8("hidden"), { authenticatedData })
  expect(toHex(message)).toContain(toHex(utf8("seen by all")))
  expect(toHex(message)).not.toContain(toHex(utf8("hidden")))
  expect(expectKind(receive(mls, story.state("bob"), message), "application").authenticatedData).toEqual(
    authenticatedData,
  )
  const forged = fromHex(toHex(message).replace(toHex(utf8("by all")), toHex(utf8("by few"))))
  if (forged === undefined) throw new TypeError("no hexadecimal")
  expect(receive(mls, story.state("bob"), forged)).toMatchObject({ reason: "undecryptable" })
})

test("a state that is used twice by mistake still does not repeat a nonce", () => {
  const story = pair("reuse guard")
  const alice = story.state("alice")
  const [one, two] = [0, 1].map(() => protect(story.mls, alice, utf8("same text")).message)
  expect(one).not.toEqual(two)
})

test("one's own messages come back as such", () => {
  const story = pair("own")
  const sent = protect(story.mls, story.state("alice"), utf8("echo"))
  expect(receive(story.mls, sent.next, sent.message)).toMatchObject({ reason: "own-message" })
})

test("how far messages may come out of order is for the caller to say", () => {
  const story = pair("limits")
  const mls = { ...story.mls, ratchetLimits: { forward: 3, skipped: 2 } }
  const sent = protectMany(mls, story.state("alice"), 5)
  const message = (i: number) => sent[i] ?? new Uint8Array(0)
  expect(receive(mls, story.state("bob"), message(4))).toMatchObject({ reason: "generation-too-far" })
  const bob = expectKind(receive(mls, story.state("bob"), message(3)), "application").next
  expect(receive(mls, bob, message(0))).toMatchObject({ reason: "generation-used" })
  for (const i of [1, 2, 4]) expect(receive(mls, bob, message(i)).kind).toBe("application")
})
