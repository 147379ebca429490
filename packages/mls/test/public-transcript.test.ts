import { ok } from "@starling/kernel"
import { confirmedTranscriptHashAfter } from "@starling/mls"
import { expect, test } from "vitest"

import { Story } from "./story.ts"
import { world } from "./world.ts"

test.for(["1", "2", "3"])("anybody can compute the transcript hash of a public commit (seed %s)", (seed) => {
  const story = new Story(world(`transcripts ${seed}`), "0")
  const { crypto } = story.mls
  let parent = story.add("0", "1", "2")
  for (let i = 3; i < 20; i++) {
    const [choice = 0, who = 0] = story.mls.random.draw(2, "a choice of the test")
    const by = [...story.people.keys()][who % story.people.size] ?? "0"
    const last = [...story.people.keys()].filter((name) => name !== by).slice(-1)
    const remove = choice % 4 === 0 && story.people.size > 2 ? last : []
    const child = story.change(by, { add: choice % 3 === 0 ? [`${i}`] : [], remove })
    const hash = ok(child.after.confirmedTranscriptHash)
    const interim = { kind: "interim", hash: child.before.interimTranscriptHash } as const
    const { confirmedTranscriptHash } = parent.after
    const known = { kind: "commit", confirmedTranscriptHash, commit: parent.commit } as const
    expect(confirmedTranscriptHashAfter(crypto, interim, child.commit)).toEqual(hash)
    expect(confirmedTranscriptHashAfter(crypto, known, child.commit)).toEqual(hash)
    const elsewhere = { ...known, confirmedTranscriptHash: parent.before.confirmedTranscriptHash }
    expect(confirmedTranscriptHashAfter(crypto, elsewhere, child.commit)).not.toEqual(hash)
    expect(confirmedTranscriptHashAfter(crypto, { ...known, commit: child.commit }, child.commit)).not.toEqual(hash)
    expect(confirmedTranscriptHashAfter(crypto, known, parent.commit)).not.toEqual(hash)
    parent = child
  }
})

test("what is no member's public commit has no transcript hash", () => {
  const story = new Story(world("no transcript"), "0")
  const { crypto } = story.mls
  const { commit, before } = story.add("0", "1")
  const interim = { kind: "interim", hash: before.interimTranscriptHash } as const
  const application = story.send("0", "hello")
  const hidden = story.change("0", {}, { wireFormat: "private" }).commit
  for (const bytes of [application, hidden, commit.subarray(0, -1), new Uint8Array(0)]) {
    const known = { kind: "commit", confirmedTranscriptHash: before.confirmedTranscriptHash, commit: bytes } as const
    expect(confirmedTranscriptHashAfter(crypto, interim, bytes).kind).toBe("malformed")
    expect(confirmedTranscriptHashAfter(crypto, known, commit).kind).toBe("malformed")
  }
})
