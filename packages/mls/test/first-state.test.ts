import { readFileSync } from "node:fs"

import { equalBytes, fromHex, toHex, utf8, type Bytes } from "@starling/kernel"
import { decodeState, encodeState, receive } from "@starling/mls"
import { encode } from "@starling/wire"
import { expect, test } from "vitest"

import { expectKind } from "./story.ts"
import { world } from "./world.ts"

const stored: Record<string, string> = JSON.parse(
  readFileSync(new URL("fixtures/state-0.1.json", import.meta.url), "utf8"),
)
const bytes = (name: string): Bytes => fromHex(stored[name] ?? "") ?? new Uint8Array(0)

test("a state of version 0.1 whose secret tree has a node of no kind is malformed", () => {
  const whole = toHex(bytes("state"))
  const state = decodeState(bytes("state"))
  if (state.kind !== "ok") throw new Error(state.why)
  const { keys, privateKeys } = state.value
  const start = whole.indexOf(toHex(keys.init)) + 2 * keys.init.length
  const end = whole.indexOf(toHex(encode((w) => w.vector(privateKeys, (each, [i, key]) => each.uint32(i).opaque(key)))))
  const withRoot = (node: string) =>
    decodeState(fromHex(whole.slice(0, start) + node + whole.slice(end)) ?? utf8("")).kind
  expect(withRoot("0000")).toBe("ok")
  expect(withRoot("03")).toBe("malformed")
})

test("a state that version 0.1 stored goes on where it was", () => {
  const state = decodeState(bytes("state"))
  if (state.kind !== "ok") throw new Error(state.why)
  const mls = world("reader")
  expect(state.value.proposals).toHaveLength(1)
  const skipped = expectKind(receive(mls, state.value, bytes("skippedMessage")), "application")
  expect(skipped.data).toEqual(utf8("first"))
  const followed = expectKind(receive(mls, skipped.next, bytes("commit")), "commit")
  expect(equalBytes(followed.next.epochAuthenticator, bytes("epochAuthenticatorAfter"))).toBe(true)
  expect(decodeState(encodeState(state.value))).toEqual(state)
})
