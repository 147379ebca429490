import { randomBytes } from "node:crypto"

import {
  createCommit,
  createGroup,
  createKeyPackage,
  generateSignatureKeyPair,
  join,
  protect,
  receive,
} from "@starling/mls"
import type { MlsContext } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

const mls: MlsContext = {
  crypto: nodeCrypto(1),
  random: { draw: (length) => new Uint8Array(randomBytes(length)) },
  authenticate: () => undefined, // accepts everybody: put your own judgement here
}
const now = BigInt(Math.floor(Date.now() / 1000))
const lifetime = { notBefore: now - 3600n, notAfter: now + 86_400n }
const person = (name: string) => ({
  credential: { kind: "basic", identity: new TextEncoder().encode(name) } as const,
  signatureKeys: generateSignatureKeyPair(mls),
  lifetime,
})

const alice = person("alice")
const bob = person("bob")
const bobsKeyPackage = createKeyPackage(mls, bob)

const group = createGroup(mls, { groupId: new TextEncoder().encode("friends"), ...alice })
const proposals = [{ kind: "add", keyPackage: bobsKeyPackage.keyPackage }] as const
const added = createCommit(mls, group, { proposals, now })
if (added.kind !== "ok" || added.welcome === undefined) throw new Error("not added")

const { signatureKeys } = bob
const joined = join(mls, { welcome: added.welcome, keyPackage: bobsKeyPackage, signatureKeys })
if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)

const sent = protect(mls, added.next, new TextEncoder().encode("hello, Bob"))
const received = receive(mls, joined.state, sent.message)
if (received.kind !== "application") throw new Error(received.kind)
process.stdout.write(new TextDecoder().decode(received.data))

import type { GroupState, ReceiveOptions, Refused } from "@starling/mls"

/** A result that is no refusal. */
function granted<T extends object>(result: T | Refused): T {
  if ("reason" in result) throw new Error(JSON.stringify(result))
  return result
}

/** A member's next state, by what somebody else sent. */
function follow(state: GroupState, message: Uint8Array, options?: ReceiveOptions): GroupState {
  const outcome = receive(mls, state, message, options)
  if (outcome.kind === "refused" || outcome.kind === "self-removed") throw new Error(outcome.kind)
  return outcome.next
}

let alices = sent.next
let bobs = received.next

import { readKeyPackage } from "@starling/mls"

const carol = person("carol")
const carolsKeyPackage = createKeyPackage(mls, carol) // keep it; publish its `message`

const { keyPackage } = granted(readKeyPackage(mls, carolsKeyPackage.message, now))
const adding = granted(createCommit(mls, alices, { proposals: [{ kind: "add", keyPackage }], now }))
alices = adding.next
bobs = follow(bobs, adding.commit)

const welcome = adding.welcome ?? new Uint8Array()
let carols = granted(join(mls, { ...carol, welcome, keyPackage: carolsKeyPackage })).state

const renewing = granted(createCommit(mls, carols, { proposals: [], now }))
carols = renewing.next
alices = follow(alices, renewing.commit)
bobs = follow(bobs, renewing.commit)

import { propose } from "@starling/mls"

const update = granted(propose(mls, bobs, { kind: "update" }, { now }))
bobs = update.next // holds the new private key
alices = follow(alices, update.message)
carols = follow(carols, update.message)

const updating = granted(createCommit(mls, alices, { proposals: [], includePending: true, now }))
alices = updating.next
bobs = follow(bobs, updating.commit)
carols = follow(carols, updating.commit)

const carolsLeaf = carols.ownLeafIndex // `members(alices)` lists them all
const removing = granted(createCommit(mls, alices, { proposals: [{ kind: "remove", leafIndex: carolsLeaf }], now }))
alices = removing.next
bobs = follow(bobs, removing.commit)
if (receive(mls, carols, removing.commit).kind !== "self-removed") throw new Error("Carol is still in")

import { createGroupInfo, joinExternally } from "@starling/mls"

const groupInfo = createGroupInfo(mls, alices, { externalPub: true })
const entering = granted(joinExternally(mls, { ...carol, groupInfo }))
carols = entering.state
alices = follow(alices, entering.commit)
bobs = follow(bobs, entering.commit)

import type { PskSource } from "@starling/mls"

const shared = new Uint8Array(randomBytes(32)) // all members have it, by another way
const id = new TextEncoder().encode("from the meeting")
const psks: PskSource = ({ kind }) => (kind === "external" ? shared : undefined)

const psk = { kind: "psk", psk: { kind: "external", id } } as const
const binding = granted(createCommit(mls, alices, { proposals: [psk], psks, now }))
alices = binding.next
bobs = follow(bobs, binding.commit, { psks })
carols = follow(carols, binding.commit, { psks })

import { exportSecret } from "@starling/mls"

const call = new TextEncoder().encode("call 17")
const callKey = exportSecret(mls, alices, "example.org call", call, 32)
const sameKey = exportSecret(mls, bobs, "example.org call", call, 32)
if (callKey.join() !== sameKey.join()) throw new Error("not in one epoch")

import { changedParts, eraseReplaced, isWhole, stateOfParts } from "@starling/mls"

const store = new Map<string, Uint8Array<ArrayBuffer>>() // yours: durable, transactional, encrypted

/** Keeps `next` in the place of `before`, which is of no use afterwards. */
function keep(before: GroupState | undefined, next: GroupState): GroupState {
  for (const { name, value } of changedParts(before, next)) {
    if (value === undefined) store.delete(name)
    else store.set(name, value.slice())
  }
  if (before?.epoch === next.epoch) eraseReplaced(before, next)
  return next
}

alices = keep(undefined, alices)
const note = protect(mls, alices, new TextEncoder().encode("kept before it is sent"))
alices = keep(alices, note.next) // writes one ratchet, not the tree
bobs = follow(bobs, note.message)

const stored = stateOfParts(store)
if (stored.kind !== "ok" || !isWhole(stored.value)) throw new Error("not what was kept")
alices = stored.value

const byAlice = granted(createCommit(mls, alices, { proposals: [], now }))
const byBob = granted(createCommit(mls, bobs, { proposals: [], now }))

const withAlice = follow(carols, byAlice.commit)
const withBob = follow(carols, byBob.commit) // `carols` is as it was

// Say that your delivery settles on Bob's (RFC 9420, 14): Alice drops hers, and nothing has to be undone.
alices = follow(alices, byBob.commit)
bobs = byBob.next
carols = withBob
if (withAlice.epoch !== alices.epoch) throw new Error("siblings are of one epoch")
