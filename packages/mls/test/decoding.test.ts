import { utf8 } from "@starling/kernel"
import {
  confirmedTranscriptHashAfter,
  createCommit,
  createGroupInfo,
  decodeOwnKeyPackage,
  decodeState,
  encodeState,
  join,
  joinExternally,
  proposeToJoin,
  protect,
  publicCommitHeader,
  readKeyPackage,
  receive,
  receiveCommitLate,
  scrub,
  welcomeReferences,
} from "@starling/mls"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { propose as forge } from "./forgery.ts"
import { Story } from "./story.ts"
import { client, NOW, world } from "./world.ts"

const mls = world("decoding")
const story = new Story(mls, "alice")
story.add("alice", "bob")
const state = story.state("bob")
const dave = client(mls, "dave")
const adding = createCommit(mls, story.state("alice"), {
  proposals: [{ kind: "add", keyPackage: dave.keyPackage.keyPackage }],
  path: true,
  now: NOW,
})
if (adding.kind !== "ok" || adding.welcome === undefined) throw new Error("no Welcome")

const groupInfo = createGroupInfo(mls, state, { externalPub: true })
const joined = joinExternally(mls, { ...dave, groupInfo })
if (joined.kind !== "joined") throw new Error(joined.reason)
const proposal = forge(mls, story.state("alice"), { kind: "remove", leafIndex: 1 })
const unknownProposal = proposal.map((byte, at) => (at === proposal.length - 4 - 65 - 33 - 1 ? 0xf0 : byte))

const withoutTree = createGroupInfo(mls, state, { externalPub: true, ratchetTree: false })

const GENUINE = [
  adding.commit,
  adding.welcome,
  dave.keyPackage.message,
  protect(mls, story.state("alice"), utf8("hello")).message,
  encodeState(state),
  groupInfo,
  joined.commit,
  proposeToJoin(mls, { ...state, keyPackage: dave.keyPackage, signatureKeys: dave.signatureKeys }).message,
  unknownProposal,
]

const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Uint8Array.from([0, 1, 0, 1 + ((bytes[0] ?? 0) % 5), ...bytes])),
  fc
    .record({
      genuine: fc.constantFrom(...GENUINE),
      cut: fc.nat(4000),
      edits: fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      isCut: fc.boolean(),
    })
    .map(({ genuine, cut, edits, isCut }) => {
      const bytes = genuine.slice(0, isCut ? cut % genuine.length : genuine.length)
      for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value
      return bytes
    }),
)

test("no bytes make a decoder or an operation throw", () => {
  fc.assert(
    fc.property(hostile, (bytes) => {
      receive(mls, state, bytes)
      receiveCommitLate(mls, scrub(state), bytes)
      joinExternally(mls, { ...dave, groupInfo: bytes })
      joinExternally(mls, { ...dave, groupInfo: withoutTree, ratchetTree: bytes })
      join(mls, { welcome: bytes, keyPackage: dave.keyPackage, signatureKeys: dave.signatureKeys })
      readKeyPackage(mls, bytes, NOW)
      welcomeReferences(bytes)
      publicCommitHeader(bytes)
      confirmedTranscriptHashAfter(mls.crypto, { kind: "interim", hash: bytes }, bytes)
      decodeState(bytes)
      decodeOwnKeyPackage(bytes)
    }),
    { numRuns: 1000, seed: 9420 },
  )
})

test("a message of more bytes than any group needs is refused unread", () => {
  const huge = new Uint8Array((1 << 26) + 1)
  huge.set(GENUINE[0] ?? [])
  expect(receive(mls, state, huge)).toMatchObject({ reason: "malformed" })
})
