import { utf8 } from "@starling/kernel"
import { createCommit, join, protect, receive, members, exportSecret, encodeState, decodeState } from "@starling/mls"
import { expect, test } from "vitest"

import { client, founded, NOW, world } from "./world.ts"

test("two members share an epoch, talk, renew keys and part", () => {
  const mls = world("two members")
  const alice = client(mls, "alice")
  const bob = client(mls, "bob")
  const founding = founded(mls, alice)
  const added = createCommit(mls, founding, {
    proposals: [{ kind: "add", keyPackage: bob.keyPackage.keyPackage }],
    now: NOW,
  })
  if (added.kind !== "ok") throw new Error(JSON.stringify(added))
  let a = added.next
  const joined = join(mls, {
    welcome: added.welcome ?? new Uint8Array(),
    keyPackage: bob.keyPackage,
    signatureKeys: bob.signatureKeys,
  })
  if (joined.kind !== "joined") throw new Error(JSON.stringify(joined))
  let b = joined.state
  expect(b.epochAuthenticator).toEqual(a.epochAuthenticator)
  expect(members(b)).toEqual(members(a))
  for (const _ of [1, 2, 3]) {
    const up = createCommit(mls, b, { proposals: [], now: NOW })
    if (up.kind !== "ok") throw new Error(JSON.stringify(up))
    const got = receive(mls, a, up.commit)
    if (got.kind !== "commit") throw new Error(JSON.stringify(got))
    a = got.next
    b = up.next
    expect(b.epochAuthenticator).toEqual(a.epochAuthenticator)
    const sent = protect(mls, a, utf8("hello"))
    a = sent.next
    const read = receive(mls, b, sent.message)
    if (read.kind !== "application") throw new Error(JSON.stringify(read))
    expect(read.data).toEqual(utf8("hello"))
    b = read.next
  }
  const back = decodeState(encodeState(b))
  if (back.kind !== "ok") throw new Error(back.why)
  expect(encodeState(back.value)).toEqual(encodeState(b))
  expect(exportSecret(mls, back.value, "x", utf8("y"), 20)).toEqual(exportSecret(mls, a, "x", utf8("y"), 20))
  const removal = createCommit(mls, a, { proposals: [{ kind: "remove", leafIndex: 1 }], now: NOW })
  if (removal.kind !== "ok") throw new Error(JSON.stringify(removal))
  expect(receive(mls, b, removal.commit).kind).toBe("self-removed")
})
