import { readFileSync } from "node:fs"

import { equalBytes, fromHex, utf8, type Bytes } from "@starling/kernel"
import { decodeState, encodeState, receive } from "@starling/mls"
import { expect, test } from "vitest"

import { expectKind } from "./story.ts"
import { world } from "./world.ts"

test("a state that version 0.1 stored goes on where it was", () => {
  const stored: Record<string, string> = JSON.parse(
    readFileSync(new URL("fixtures/state-0.1.json", import.meta.url), "utf8"),
  )
  const bytes = (name: string): Bytes => fromHex(stored[name] ?? "") ?? new Uint8Array(0)
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
