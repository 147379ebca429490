import { utf8 } from "@starling/kernel"
import {
  createCommit,
  join,
  protect,
  ratchetTreeOf,
  receive,
  resumptionPsk,
  welcomeReferences,
  type NewCommit,
  type PskSource,
} from "@starling/mls"
import { expect, test } from "vitest"

import { expectKind, Story } from "./story.ts"
import { client, NOW, world } from "./world.ts"

/** Alice and Bob, and what of a former epoch they still know. */
function two(seed: string): { readonly story: Story; readonly psks: PskSource } {
  const story = new Story(world(seed), "alice")
  story.add("alice", "bob")
  const former = story.state("alice")
  story.update("bob")
  const psks: PskSource = (reference) => {
    if (reference.kind === "external") return utf8("a key that all know")
    return reference.epoch === former.epoch ? resumptionPsk(former) : undefined
  }
  return { story, psks }
}

test.for<{ name: string; options: Partial<NewCommit> }>([
  { name: "the tree inside, and no path", options: {} },
  { name: "the tree inside, and a path", options: { path: true } },
  { name: "the tree beside, and no path", options: { ratchetTree: false } },
  { name: "the tree beside, and a path", options: { path: true, ratchetTree: false } },
])("one Welcome with pre-shared keys brings three people in: $name", ({ name, options }) => {
  const { story, psks } = two(name)
  const { mls } = story
  const { groupId } = story.state("alice")
  const newcomers = ["carol", "dave", "erin"].map((each) => client(mls, each))
  const made = createCommit(mls, story.state("alice"), {
    proposals: [
      { kind: "psk", psk: { kind: "external", id: utf8("id") } },
      ...newcomers.map(({ keyPackage }) => ({ kind: "add", keyPackage: keyPackage.keyPackage }) as const),
      { kind: "psk", psk: { kind: "resumption", usage: "application", groupId, epoch: 1n } },
    ],
    psks,
    now: NOW,
    ...options,
  })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  expect(made.hasPath).toBe(options.path === true)
  expect(welcomeReferences(made.welcome)).toEqual({
    kind: "ok",
    value: newcomers.map(({ keyPackage }) => keyPackage.reference),
  })
  const bob = expectKind(receive(mls, story.state("bob"), made.commit, { psks }), "commit").next
  expect(bob.epochAuthenticator).toEqual(made.next.epochAuthenticator)
  const ratchetTree = ratchetTreeOf(bob)
  const { welcome } = made
  for (const { keyPackage, signatureKeys } of newcomers) {
    const joining = { welcome, keyPackage, signatureKeys, ratchetTree }
    const joined = join(mls, { ...joining, psks })
    if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
    expect(joined.state.epochAuthenticator).toEqual(made.next.epochAuthenticator)
    const sent = protect(mls, joined.state, utf8("here I am"))
    expect(receive(mls, bob, sent.message).kind).toBe("application")
    const path = createCommit(mls, bob, { proposals: [], now: NOW })
    if (path.kind !== "ok") throw new Error(path.reason)
    expect(receive(mls, joined.state, path.commit).kind).toBe("commit")
    expect(join(mls, joining)).toMatchObject({ reason: "unknown-psk", section: "RFC 9420, 8.4" })
    expect(join(mls, { ...joining, psks: () => utf8("another") })).toMatchObject({ reason: "undecryptable" })
  }
})

test("a Welcome without the tree is smaller by the tree", () => {
  const { story } = two("smaller")
  const { mls } = story
  const { keyPackage } = client(mls, "carol")
  const proposals = [{ kind: "add", keyPackage: keyPackage.keyPackage }] as const
  const size = (ratchetTree: boolean) => {
    const made = createCommit(mls, story.state("alice"), { proposals, ratchetTree, now: NOW })
    if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
    return { welcome: made.welcome.length, tree: ratchetTreeOf(made.next).length }
  }
  const [inside, beside] = [size(true), size(false)]
  expect(inside.welcome - beside.welcome).toBeGreaterThanOrEqual(inside.tree)
})
