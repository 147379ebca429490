import { utf8 } from "@starling/kernel"
import {
  createCommit,
  createGroupInfo,
  joinExternally,
  propose,
  protect,
  receiveCommitLate,
  scrub,
} from "@starling/mls"
import { expect, test } from "vitest"

import { scene } from "./scene.ts"
import { expectKind, reportOf } from "./story.ts"
import { NOW } from "./world.ts"

test("a scrubbed state still processes every commit on it that a member made in public", () => {
  const { mls, alice, bob, carol, erin } = scene("siblings")
  const psks = () => utf8("key")
  const kept = scrub(bob)
  const commits = [
    { proposals: [] },
    { proposals: [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] },
    { proposals: [{ kind: "remove", leafIndex: 3 }] },
    { proposals: [{ kind: "psk", psk: { kind: "external", id: utf8("id") } }], path: true },
  ] as const
  for (const options of commits) {
    for (const state of [alice, carol.state]) {
      const made = createCommit(mls, state, { ...options, psks, now: NOW })
      if (made.kind !== "ok") throw new Error(made.reason)
      const received = expectKind(receiveCommitLate(mls, kept, made.commit, { psks }), "commit")
      expect(received.next.epochAuthenticator).toEqual(made.next.epochAuthenticator)
      expect(reportOf(received)).toEqual(reportOf(made))
    }
  }
  const removal = createCommit(mls, alice, { proposals: [{ kind: "remove", leafIndex: 1 }], now: NOW })
  if (removal.kind !== "ok") throw new Error(removal.reason)
  expect(receiveCommitLate(mls, kept, removal.commit).kind).toBe("self-removed")
})

test("a scrubbed state has what commits need, and no other secret of its epoch", () => {
  const { bob } = scene("secrets")
  const kept = scrub(bob)
  expect(Object.keys(kept.keys)).toEqual(["init", "membership"])
  expect(Object.keys(bob).filter((field) => !(field in kept))).toEqual(["secretTree"])
  expect(kept).toMatchObject({ privateKeys: bob.privateKeys, tree: bob.tree, confirmationTag: bob.confirmationTag })
  expect(scrub(kept)).toEqual(kept)
})

test("what a scrubbed state has no more keys for is refused as that", () => {
  const { mls, alice, bob, carol, erin } = scene("gone")
  const kept = scrub(bob)
  const hidden = createCommit(mls, alice, { proposals: [], wireFormat: "private", now: NOW })
  const { credential, signatureKeys } = erin
  const groupInfo = createGroupInfo(mls, alice, { externalPub: true })
  const joined = joinExternally(mls, { credential, signatureKeys, groupInfo })
  const proposal = propose(mls, carol.state, { kind: "update" }, { now: NOW })
  if (hidden.kind !== "ok" || joined.kind !== "joined" || proposal.kind !== "ok") throw new Error("not made")
  for (const message of [hidden.commit, joined.commit, proposal.message, protect(mls, alice, utf8("hi")).message]) {
    expect(receiveCommitLate(mls, kept, message)).toMatchObject({ kind: "refused", reason: "secret-gone" })
  }
  expect(receiveCommitLate(mls, kept, groupInfo)).toMatchObject({ reason: "unexpected-wire-format" })
})
