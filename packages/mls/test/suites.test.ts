import { utf8 } from "@starling/kernel"
import { createCommit, decodeState, encodeState, exportSecret, protect, receive } from "@starling/mls"
import { describe, expect, test } from "vitest"

import { expectKind, Story } from "./story.ts"
import { NOW, SUITES, world } from "./world.ts"

describe.for(SUITES)("suite %i", (suite) => {
  test("a group lives: additions, updates, removals, messages, in the open and encrypted", () => {
    const story = new Story(world(`suite ${suite}`, suite), "alice")
    story.add("alice", "bob", "carol", "dave")
    story.update("carol")
    story.send("bob", "to all")
    story.change("dave", {}, { wireFormat: "private" })
    story.change("bob", { remove: ["carol"], add: ["erin"] })
    story.update("erin")
    story.send("erin", "to those who are left")
    const [carol] = story.removed
    const sent = protect(story.mls, story.state("alice"), utf8("without Carol"))
    if (carol === undefined) throw new Error("Carol was not removed")
    expect(receive(story.mls, carol.state, sent.message)).toMatchObject({ reason: "wrong-epoch" })
  })

  test("a stored state goes on, a pre-shared key counts, and an exported secret is shared", () => {
    const story = new Story(world(`stored in suite ${suite}`, suite), "alice")
    const { mls } = story
    story.add("alice", "bob")
    const stored = decodeState(encodeState(story.state("bob")))
    if (stored.kind !== "ok") throw new Error(stored.why)
    const proposals = [{ kind: "psk", psk: { kind: "external", id: utf8("psk") } }] as const
    const key = utf8("a key that both know")
    const made = createCommit(mls, story.state("alice"), { proposals, psks: () => key, path: true, now: NOW })
    if (made.kind !== "ok") throw new Error(made.reason)
    const bob = expectKind(receive(mls, stored.value, made.commit, { psks: () => key }), "commit").next
    expect(bob.epochAuthenticator).toEqual(made.next.epochAuthenticator)
    const exported = exportSecret(mls, bob, "label", utf8("context"), 40)
    expect(exported).toEqual(exportSecret(mls, made.next, "label", utf8("context"), 40))
    expect(receive(mls, stored.value, made.commit, { psks: () => utf8("another") })).toMatchObject({
      reason: "bad-confirmation-tag",
    })
  })

  test("a commit by another suite's member is refused", () => {
    const story = new Story(world(`one of two suites ${suite}`, suite), "alice")
    const other = new Story(world(`other of two suites ${suite}`, suite === 1 ? 3 : 1), "alice")
    const refused = receive(story.mls, story.state("alice"), other.update("alice").commit)
    expect(refused.kind).toBe("refused")
  })
})
