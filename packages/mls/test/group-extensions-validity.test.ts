import { utf8 } from "@starling/kernel"
import {
  createCommit,
  receive,
  requiredCapabilitiesExtension,
  type Extension,
  type NewCommit,
  type ProposalIntent,
  type RequiredCapabilities,
} from "@starling/mls"
import { leafAt } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { propose as forge } from "./forgery.ts"
import { expectKind, Story } from "./story.ts"
import { client, NOW, world } from "./world.ts"

const RULE = { type: 0xf000, data: utf8("a rule") }
const ABLE = { supportedExtensions: [0xf000] }

function required(change: Partial<RequiredCapabilities>): Extension {
  return requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: [], ...change })
}

function extensions(...list: readonly Extension[]): ProposalIntent {
  return { kind: "group-context-extensions", extensions: list }
}

/** Alice and Bob can do it; Carol can't. */
function group(seed: string): Story {
  const mls = world(seed)
  const story = new Story(mls, "alice", ABLE)
  story.add("alice", ["bob", ABLE], "carol")
  return story
}

function attempt(story: Story, proposals: readonly ProposalIntent[], options: Partial<NewCommit> = {}) {
  return createCommit(story.mls, story.state("alice"), { proposals, now: NOW, ...options })
}

const refused = (reason: string, section: string) => ({ kind: "refused", reason, section: `RFC 9420, ${section}` })

test("RFC 9420, 13.4: a group uses an extension once all of its members support it, and no sooner", () => {
  const story = group("once all")
  expect(attempt(story, [extensions(RULE)])).toEqual(refused("extension-not-supported", "13.4"))
  const removal = { kind: "remove", leafIndex: story.leaf("carol") } as const
  const made = attempt(story, [extensions(RULE), removal])
  if (made.kind !== "ok") throw new Error(made.reason)
  expect(expectKind(receive(story.mls, story.state("bob"), made.commit), "commit").next.extensions).toEqual([RULE])
})

test("RFC 9420, 12.3: those added are held to the extensions that the same commit brings", () => {
  const story = group("same commit")
  story.remove("alice", "carol")
  const frank = client(story.mls, "frank")
  const grace = client(story.mls, "grace", ABLE)
  const add = (who: typeof frank): ProposalIntent => ({ kind: "add", keyPackage: who.keyPackage.keyPackage })
  expect(attempt(story, [add(frank), extensions(RULE)])).toEqual(refused("extension-not-supported", "13.4"))
  expect(attempt(story, [add(grace), extensions(RULE)]).kind).toBe("ok")
  const made = attempt(story, [extensions(RULE)])
  if (made.kind !== "ok") throw new Error(made.reason)
  const later = (who: typeof frank) => createCommit(story.mls, made.next, { proposals: [add(who)], now: NOW })
  expect(later(frank)).toEqual(refused("extension-not-supported", "13.4"))
  expect(later(grace).kind).toBe("ok")
})

test.for<{ name: string; change: Partial<RequiredCapabilities>; isMet: boolean }>([
  { name: "an extension that some lack", change: { extensions: [0xf000] }, isMet: false },
  { name: "a proposal type that some lack", change: { proposals: [0xf000] }, isMet: false },
  { name: "a credential type that some lack", change: { credentials: [0xf000] }, isMet: false },
  { name: "what the RFC defines", change: { extensions: [1, 2, 3, 4, 5], proposals: [1, 7] }, isMet: true },
  { name: "credential types that all have", change: { credentials: [1, 2] }, isMet: true },
])("RFC 9420, 11.1: whether a group may require $name", ({ name, change, isMet }) => {
  const story = group(name)
  const made = attempt(story, [extensions(required(change))])
  if (!isMet) expect(made).toEqual(refused("required-capability-missing", "11.1"))
  else expect(made.kind).toBe("ok")
})

test("RFC 9420, 12.1.7: those who leave in the same commit, and the committer's former leaf, are not held to what is required", () => {
  const story = group("leaving")
  const required0 = extensions(required({ extensions: [0xf000] }))
  const removal = { kind: "remove", leafIndex: story.leaf("carol") } as const
  expect(attempt(story, [required0, removal]).kind).toBe("ok")
  const carol = story.state("carol")
  const capabilities = leafAt(carol.tree, carol.ownLeafIndex)?.capabilities
  if (capabilities === undefined) throw new Error("no leaf")
  const leaf = { capabilities: { ...capabilities, extensions: [0xf000] } }
  const made = createCommit(story.mls, carol, { proposals: [required0], leaf, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const next = expectKind(receive(story.mls, story.state("bob"), made.commit), "commit").next
  expect(next.epochAuthenticator).toEqual(made.next.epochAuthenticator)
  expect(createCommit(story.mls, carol, { proposals: [required0], now: NOW })).toMatchObject({
    reason: "required-capability-missing",
  })
})

test("RFC 9420, 12.4: a committer leaves out proposed extensions that it does not support itself", () => {
  const mls = world("left out")
  const story = new Story(mls, "alice")
  story.add("alice", ["bob", ABLE])
  const proposal = forge(mls, story.state("bob"), { kind: "group-context-extensions", extensions: [RULE] })
  const { next } = expectKind(receive(mls, story.state("alice"), proposal), "proposal")
  expect(createCommit(mls, next, { proposals: [], includePending: true, now: NOW })).toMatchObject({
    kind: "ok",
    leftOut: [{ reason: "extension-not-supported" }],
  })
})

test("RFC 9420, 11.1: requirements that can't be read are refused", () => {
  const story = group("unreadable")
  expect(attempt(story, [extensions({ type: 3, data: utf8("?!") })])).toEqual(refused("malformed", "11.1"))
})

test("RFC 9420, 7.3: a later leaf of a member still has what is required", () => {
  const story = group("later leaf")
  story.remove("alice", "carol")
  story.change("alice", {}, { proposals: [extensions(required({ extensions: [0xf000] }))] })
  const bob = story.state("bob")
  const capabilities = leafAt(bob.tree, bob.ownLeafIndex)?.capabilities
  if (capabilities === undefined) throw new Error("no leaf")
  const leaf = { capabilities: { ...capabilities, extensions: [] } }
  expect(createCommit(story.mls, bob, { proposals: [], leaf, now: NOW })).toEqual(
    refused("required-capability-missing", "11.1"),
  )
})

test("RFC 9420, 12.1.7: new extensions take the place of all that there were", () => {
  const story = group("in place of")
  story.remove("alice", "carol")
  story.change("alice", {}, { proposals: [extensions(RULE)] })
  story.change("bob", {}, { proposals: [extensions(required({ credentials: [1] }))] })
  expect(story.state("alice").extensions).toEqual([required({ credentials: [1] })])
  story.change("alice", {}, { proposals: [extensions()] })
  expect(story.state("bob").extensions).toEqual([])
})
