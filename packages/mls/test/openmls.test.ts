import { utf8 } from "@starling/kernel"
import {
  createCommit,
  createGroup,
  exportSecret,
  join,
  protect,
  readKeyPackage,
  receive,
  type MlsContext,
} from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import { Group, Identity, Provider } from "openmls-wasm"
import { expect, test } from "vitest"

import { findKeyPackages, findPairTrees, findSignatureKey } from "./openmls-memory.ts"
import { expectKind } from "./story.ts"
import { client, seededRandom } from "./world.ts"

const PRESENT = BigInt(Math.floor(Date.now() / 1000))
const LIFETIME = { notBefore: PRESENT - 3600n, notAfter: PRESENT + 3600n }

/** openmls-wasm speaks suite 3 alone, and encrypts its handshakes. */
function suite3(seed: string): MlsContext {
  return { crypto: nodeCrypto(3), random: seededRandom(seed), authenticate: () => undefined }
}

test("an OpenMLS member joins a group of ours, follows commits of every kind, and both talk", async () => {
  const mls = suite3("ours for OpenMLS")
  const alice = client(mls, "alice", { lifetime: LIFETIME })
  const provider = new Provider()
  const bob = new Identity(provider, "bob of OpenMLS")
  bob.key_package(provider)
  const [found] = await findKeyPackages("bob of OpenMLS")
  const read = readKeyPackage(mls, found?.message ?? new Uint8Array(0), PRESENT)
  if (read.kind !== "ok") throw new Error(`${read.reason} (${read.section})`)

  const founding = createGroup(mls, { groupId: utf8("ours"), ...alice })
  const adding = createCommit(mls, founding, {
    proposals: [{ kind: "add", keyPackage: read.keyPackage }],
    path: true,
    now: PRESENT,
  })
  if (adding.kind !== "ok" || adding.welcome === undefined) throw new Error("no Welcome")
  let state = adding.next
  const theirs = Group.join(provider, adding.welcome, anyTree())

  const agree = (): void => {
    const exported = theirs.export_key(provider, "label", utf8("context"), 32)
    expect(new Uint8Array(exported)).toEqual(exportSecret(mls, state, "label", utf8("context"), 32))
  }
  const talk = (): void => {
    const sent = protect(mls, state, utf8("from ours"))
    state = sent.next
    expect(new Uint8Array(theirs.process_message(provider, sent.message))).toEqual(utf8("from ours"))
    const reply = theirs.create_message(provider, bob, utf8("from theirs"))
    const received = expectKind(receive(mls, state, reply), "application")
    expect(received.data).toEqual(utf8("from theirs"))
    state = received.next
  }
  agree()
  talk()

  const carol = client(mls, "carol", { lifetime: LIFETIME })
  for (const proposals of [
    [],
    [{ kind: "add", keyPackage: carol.keyPackage.keyPackage } as const],
    [],
    [{ kind: "remove", leafIndex: 2 } as const],
  ]) {
    const made = createCommit(mls, state, { proposals, wireFormat: "private", now: PRESENT })
    if (made.kind !== "ok") throw new Error(made.reason)
    theirs.process_message(provider, made.commit)
    state = made.next
    agree()
    talk()
  }

  const dave = new Identity(provider, "dave of OpenMLS")
  const byThem = theirs.propose_and_commit_add(provider, bob, dave.key_package(provider))
  const proposed = expectKind(receive(mls, state, byThem.proposal), "proposal")
  const committed = expectKind(receive(mls, proposed.next, byThem.commit), "commit")
  expect(committed.added.map((member) => member.credential)).toEqual([
    { kind: "basic", identity: utf8("dave of OpenMLS") },
  ])
  expect(receive(mls, state, byThem.commit)).toMatchObject({ reason: "unknown-proposal" })
  theirs.merge_pending_commit(provider)
  state = committed.next
  agree()
  talk()
})

test("ours joins a group of OpenMLS by its Welcome and the tree beside it", async () => {
  const mls = suite3("OpenMLS for ours")
  const provider = new Provider()
  const alice = new Identity(provider, "alice of OpenMLS")
  const theirs = Group.create_new(provider, alice, "theirs")
  const us = new Identity(provider, "ours at OpenMLS")
  const { welcome } = theirs.propose_and_commit_add(provider, alice, us.key_package(provider))
  theirs.merge_pending_commit(provider)

  const [found] = await findKeyPackages("ours at OpenMLS")
  if (found === undefined) throw new Error("no key package in memory")
  const publicKey = found.keyPackage.leafNode.signatureKey
  const seed = await findSignatureKey(publicKey)
  const signatureKeys = mls.crypto.signature.deriveKeyPair(seed ?? new Uint8Array(32))
  expect(signatureKeys.publicKey).toEqual(publicKey)
  const read = readKeyPackage(mls, found.message, PRESENT)
  if (read.kind !== "ok") throw new Error(read.reason)
  const keyPackage = { ...found, reference: read.reference }

  const outcomes = (await findPairTrees()).map((ratchetTree) =>
    join(mls, { welcome, keyPackage, signatureKeys, ratchetTree }),
  )
  const joined = outcomes.find((outcome) => outcome.kind === "joined")
  if (joined?.kind !== "joined") throw new Error(JSON.stringify(outcomes))
  expect(join(mls, { welcome, keyPackage, signatureKeys })).toMatchObject({ reason: "no-ratchet-tree" })
  let { state } = joined
  expect(new Uint8Array(theirs.export_key(provider, "label", utf8("context"), 32))).toEqual(
    exportSecret(mls, state, "label", utf8("context"), 32),
  )
  const greeting = theirs.create_message(provider, alice, utf8("welcome"))
  const received = expectKind(receive(mls, state, greeting), "application")
  expect(received.data).toEqual(utf8("welcome"))
  const update = createCommit(mls, received.next, { proposals: [], wireFormat: "private", now: PRESENT })
  if (update.kind !== "ok") throw new Error(update.reason)
  theirs.process_message(provider, update.commit)
  state = update.next
  expect(new Uint8Array(theirs.export_key(provider, "label", utf8("context"), 32))).toEqual(
    exportSecret(mls, state, "label", utf8("context"), 32),
  )
})

/** OpenMLS takes the tree that is inside a Welcome, but its binding wants another beside it. */
function anyTree() {
  const provider = new Provider()
  return Group.create_new(provider, new Identity(provider, "nobody"), "elsewhere").export_ratchet_tree()
}
