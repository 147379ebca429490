import type { Message } from "@starling/peer/contract"
import { expect, test } from "vitest"

import {
  emptyThread,
  fail,
  settle,
  takeDelivery,
  takeMessage,
  takeNewest,
  takeOlder,
  type Thread,
} from "../src/state/thread.ts"

const message = (id: string, more: Partial<Message> = {}): Message => ({
  id,
  group: "g",
  from: "ana",
  name: "Ana",
  text: id,
  at: 0,
  epoch: 0,
  mine: false,
  ...more,
})
const pending = (key: string, text: string) => ({ key, text, at: 0, state: { kind: "saving" } }) as const
const ids = (thread: Thread) => thread.messages.map(({ id }) => id)
const full = (...all: string[]): Thread => ({ ...emptyThread, messages: all.map((id) => message(id)) })

test("the event of an own message and the answer to its call give one message, in either order", () => {
  const start = { ...emptyThread, pending: [pending("k", "hello")] }
  const saved = message("m1", { text: "hello", mine: true })
  for (const thread of [settle(takeMessage(start, saved), "k", saved), takeMessage(settle(start, "k", saved), saved)]) {
    expect(ids(thread)).toEqual(["m1"])
    expect(thread.pending).toEqual([])
  }
})

test("two equal messages under way stay two", () => {
  const start = { ...emptyThread, pending: [pending("k1", "yes"), pending("k2", "yes")] }
  const first = takeMessage(start, message("m1", { text: "yes", mine: true }))
  expect(first.pending.map(({ key }) => key)).toEqual(["k2"])
})

test("a message of somebody else takes no pending one's place", () => {
  const start = { ...emptyThread, pending: [pending("k", "hello")] }
  expect(takeMessage(start, message("m1", { text: "hello" })).pending).toHaveLength(1)
})

test("a failure keeps the text and says why", () => {
  const thread = fail({ ...emptyThread, pending: [pending("k", "hello")] }, "k", "too long")
  expect(thread.pending[0]).toMatchObject({ text: "hello", state: { kind: "failed", why: "too long" } })
})

test("a newest page that touches what is held joins it", () => {
  expect(ids(takeNewest(full("a", "b", "c"), [message("c"), message("d")], 2))).toEqual(["a", "b", "c", "d"])
})

test("a newest page that leaves a gap replaces what is held", () => {
  const thread = takeNewest({ ...full("a", "b"), complete: true }, [message("x"), message("y")], 2)
  expect(ids(thread)).toEqual(["x", "y"])
  expect(thread.complete).toBe(false)
})

test("a page that is not full is the end of the history", () => {
  expect(takeNewest(emptyThread, [message("a")], 2).complete).toBe(true)
  expect(takeOlder(full("c"), [message("a"), message("b")], 2).complete).toBe(false)
  expect(takeOlder(full("c"), [message("b")], 2)).toMatchObject({ complete: true })
})

test("a delivery changes its message alone", () => {
  const delivery = { reached: 1, delivered: 1, recipients: 2, read: 0, mailboxes: 0 }
  const thread = takeDelivery(full("a", "b"), "b", delivery)
  expect(thread.messages.map((one) => one.delivery)).toEqual([undefined, delivery])
})
