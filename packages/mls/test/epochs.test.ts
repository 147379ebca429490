import { utf8 } from "@starling/kernel"
import { advanced, createCommit, exportSecret, protect, receive, receiveInEpochs, type Epochs } from "@starling/mls"
import { expect, test } from "vitest"

import { Story } from "./story.ts"
import { NOW, world } from "./world.ts"

const KEEP = { keep: 2 }

function pair(seed: string): { story: Story; bob: Epochs } {
  const story = new Story(world(seed), "alice")
  story.add("alice", "bob", "carol")
  return { story, bob: { current: story.state("bob"), past: [] } }
}

test("messages of past epochs are read as long as those are kept, each once", () => {
  const { story, bob } = pair("late")
  const { mls } = story
  const late = [0, 1, 2].map(() => {
    const sent = ["one", "two"].map((text) => {
      const { next, message } = protect(mls, story.state("alice"), utf8(text))
      story.person("alice").state = next
      return message
    })
    return { sent, ...story.update("carol") }
  })
  let epochs = bob
  for (const { commit } of late) {
    const done = receiveInEpochs(mls, epochs, commit, KEEP)
    expect(done.received.kind).toBe("commit")
    epochs = done.epochs
  }
  expect(epochs.current.epochAuthenticator).toEqual(story.state("alice").epochAuthenticator)
  for (const [i, { sent }] of late.entries()) {
    for (const message of sent.toReversed()) {
      const done = receiveInEpochs(mls, epochs, message, KEEP)
      expect(done.received).toMatchObject(i === 0 ? { reason: "wrong-epoch" } : { kind: "application" })
      epochs = done.epochs
      expect(receiveInEpochs(mls, epochs, message, KEEP).received.kind).toBe("refused")
    }
  }
})

test("a past epoch reads messages and does nothing else", () => {
  const { story, bob } = pair("reading only")
  const { mls } = story
  const sibling = createCommit(mls, story.state("alice"), { proposals: [], now: NOW })
  const hidden = createCommit(mls, story.state("alice"), { proposals: [], now: NOW, wireFormat: "private" })
  if (sibling.kind !== "ok" || hidden.kind !== "ok") throw new Error("no commit")
  const before = story.state("bob")
  const own = createCommit(mls, before, { proposals: [], now: NOW })
  if (own.kind !== "ok") throw new Error(own.reason)
  const epochs = advanced(bob, own.next, KEEP.keep)
  for (const { commit } of [sibling, hidden]) {
    expect(receiveInEpochs(mls, epochs, commit, KEEP).received.kind).toBe("refused")
  }
  const [past] = epochs.past
  if (past === undefined) throw new RangeError("no past epoch")
  expect(past.privateKeys.size).toBe(0)
  expect(exportSecret(mls, past, "label", utf8("context"), 32)).not.toEqual(
    exportSecret(mls, before, "label", utf8("context"), 32),
  )
  const message = protect(mls, story.state("carol"), utf8("late")).message
  expect(receiveInEpochs(mls, epochs, message, KEEP).received.kind).toBe("application")
  expect(receive(mls, own.next, message)).toMatchObject({ reason: "wrong-epoch" })
  expect(receiveInEpochs(mls, epochs, utf8("no message"), KEEP)).toMatchObject({
    received: { reason: "malformed" },
    epochs,
  })
})
