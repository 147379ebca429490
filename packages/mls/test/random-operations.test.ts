import { ok, utf8 } from "@starling/kernel"
import { confirmedTranscriptHashAfter, protect, receive, type GroupState } from "@starling/mls"
import {
  decodeMlsMessage,
  decryptWithLabel,
  encodeGroupContext,
  subtreeAt,
  unmergedLeavesAreValid,
  parentHashesAreValid,
} from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { Story, type Committed, type Person } from "./story.ts"
import { world } from "./world.ts"

const MOST = 16
const OPERATIONS = 60

test.for(["1", "2", "3"])(
  "random adds, removals, updates and messages keep everybody in one epoch (seed %s)",
  (seed) => {
    const story = new Story(world(`random operations ${seed}`), "0")
    const pick = (below: number): number => {
      const [a = 0, b = 0] = story.mls.random.draw(2, "a choice of the test")
      return (a * 256 + b) % below
    }
    const anyone = (): string => [...story.people.keys()][pick(story.people.size)] ?? "0"
    for (let i = 1; i <= OPERATIONS; i++) {
      const by = anyone()
      const other = anyone()
      const operation = pick(10)
      if (operation < 4 && story.people.size < MOST) {
        story.change(by, { add: pick(3) === 0 ? [`${i}`, `${i}b`] : [`${i}`] }, { path: pick(2) === 0 })
      } else if (operation < 6 && other !== by) {
        const committed = story.change(by, { remove: [other], add: pick(2) === 0 ? [`${i}`] : [] })
        for (const person of story.removed.slice(-1)) expectShutOut(story, person, committed)
      } else if (operation < 8) {
        story.change(by, {}, { wireFormat: pick(2) === 0 ? "private" : "public" })
      } else {
        story.send(by, `message ${i}`)
      }
      const { tree } = story.state(anyone())
      expect(unmergedLeavesAreValid(tree)).toBe(true)
      expect(parentHashesAreValid(story.mls.crypto, tree)).toBe(true)
      for (const { state } of story.people.values()) {
        for (const index of state.privateKeys.keys()) expect(subtreeAt(tree, index)?.node).toBeDefined()
      }
    }
    expect(story.removed.length).toBeGreaterThan(3)
  },
)

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

/** Whoever was removed holds nothing that opens the commit that removed them, nor a message after it. */
function expectShutOut(story: Story, person: Person, { commit, before, after }: Committed): void {
  const { mls } = story
  const message = decodeMlsMessage(commit)
  if (message.kind !== "ok" || message.value.kind !== "public-message") throw new Error("no public commit")
  const { content } = message.value.message.framed
  if (content.kind !== "commit") throw new Error("no commit")
  const context = encodeGroupContext({ ...after, confirmedTranscriptHash: before.confirmedTranscriptHash })
  const sealed = content.commit.path?.nodes.flatMap((node) => node.encryptedPathSecret) ?? []
  expect(content.commit.path).toBeDefined()
  for (const each of sealed) {
    for (const key of person.state.privateKeys.values()) {
      expect(decryptWithLabel(mls.crypto, key, "UpdatePathNode", context, each)).toBeUndefined()
    }
  }
  for (const { state } of story.people.values()) {
    const impostor = { ...person.state, ownLeafIndex: state.ownLeafIndex }
    expect(entered(() => receive(mls, impostor, commit).kind)).not.toBe("commit")
    const later = protect(mls, state, utf8("without them")).message
    const informed: GroupState = { ...state, keys: person.state.keys, secretTree: person.state.secretTree }
    expect(receive(mls, { ...informed, ownLeafIndex: MOST * 2 }, later)).toMatchObject({ reason: "undecryptable" })
  }
}

/** An impostor's state is not a state that we made, so our own code may find it broken. */
function entered(attempt: () => string): string {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof RangeError) return "broken"
    throw error
  }
}
