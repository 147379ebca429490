import { utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createKeyPackage,
  externalSenders,
  externalSendersExtension,
  generateSignatureKeyPair,
  join,
  proposeExternally,
  proposeToJoin,
  receive,
  requiredCapabilitiesExtension,
  type ExternalSender,
  type Extension,
  type GroupState,
  type MlsContext,
  type Proposal,
  type ProposalIntent,
  type SignatureKeyPair,
} from "@starling/mls"
import { decodeMlsMessage, encodeMlsMessage, frameFromOutside, signFramed, WireFormat } from "@starling/mls/rfc9420"
import { expect, test } from "vitest"

import { forgeLeaf } from "./forgery.ts"
import { scene, type Scene } from "./scene.ts"
import { expectKind } from "./story.ts"
import { NOW } from "./world.ts"

/** A group that lets a service propose; Alice commits, Bob judges. */
interface Served extends Scene {
  readonly service: SignatureKeyPair
  readonly named: ExternalSender
}

function served(seed: string, more: readonly Extension[] = []): Served {
  const stage = scene(seed)
  const { mls } = stage
  const service = generateSignatureKeyPair(mls)
  const named = {
    signatureKey: service.publicKey,
    credential: { kind: "basic", identity: utf8("staff office") },
  } as const
  const extensions = [externalSendersExtension([STRANGER, named]), ...more]
  const proposals = [{ kind: "group-context-extensions", extensions }] as const
  const made = createCommit(mls, stage.alice, { proposals, now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  const [bob, carol] = [stage.bob, stage.carol.state].map(
    (state) => expectKind(receive(mls, state, made.commit), "commit").next,
  )
  if (bob === undefined || carol === undefined) throw new Error("nobody there")
  return { ...stage, alice: made.next, bob, carol: { ...stage.carol, state: carol }, service, named }
}

const STRANGER: ExternalSender = {
  signatureKey: utf8("a key of another scheme"),
  credential: { kind: "x509", certificates: [utf8("a certificate")] },
}

function from({ mls, alice, service }: Served, intent: ProposalIntent, change: { senderIndex?: number } = {}) {
  const { groupId, epoch } = alice
  return proposeExternally(mls, { groupId, epoch, senderIndex: 1, signatureKeys: service, intent, ...change })
}

/** Alice commits it and Bob takes the commit. */
function commitAll(mls: MlsContext, alice: GroupState, bob: GroupState, message: Bytes) {
  const [committing, judging] = [alice, bob].map((state) => expectKind(receive(mls, state, message), "proposal").next)
  if (committing === undefined || judging === undefined) throw new Error("nobody there")
  const made = createCommit(mls, committing, { proposals: [], includePending: true, psks: () => utf8("key"), now: NOW })
  if (made.kind !== "ok") throw new Error(`${made.reason} (${made.section})`)
  expect(made.leftOut).toEqual([])
  const received = expectKind(receive(mls, judging, made.commit, { psks: () => utf8("key") }), "commit")
  expect(received.next.epochAuthenticator).toEqual(made.next.epochAuthenticator)
  return made
}

test.for<{
  name: string
  intent: (scene: Served) => ProposalIntent
  check: (made: ReturnType<typeof commitAll>) => void
}>([
  {
    name: "an Add",
    intent: ({ erin }) => ({ kind: "add", keyPackage: erin.keyPackage.keyPackage }),
    check: ({ added, welcome }) => expect([added.length, welcome === undefined]).toEqual([1, false]),
  },
  {
    name: "a Remove",
    intent: () => ({ kind: "remove", leafIndex: 3 }),
    check: ({ removed }) => expect(removed.map(({ leafIndex }) => leafIndex)).toEqual([3]),
  },
  {
    name: "a PSK",
    intent: () => ({ kind: "psk", psk: { kind: "external", id: utf8("id") } }),
    check: ({ hasPath }) => expect(hasPath).toBe(false),
  },
  {
    name: "a ReInit",
    intent: () => ({ kind: "reinit", groupId: utf8("anew"), ciphersuite: 3 }),
    check: ({ next }) => expect(next.reinit?.ciphersuite).toBe(3),
  },
  {
    name: "new extensions",
    intent: () => ({ kind: "group-context-extensions", extensions: [] }),
    check: ({ next }) => expect(next.extensions).toEqual([]),
  },
])("$name that an external sender proposes takes effect once a member commits it", ({ name, intent, check }) => {
  const stage = served(name)
  const { mls, alice, bob, named } = stage
  const { message, reference } = from(stage, intent(stage))
  const received = expectKind(receive(mls, bob, message), "proposal")
  expect(received.reference).toEqual(reference)
  expect(received.sender).toEqual({ kind: "external", senderIndex: 1, ...named })
  check(commitAll(mls, alice, bob, message))
})

test("a client asks to be added, and is, with a Welcome", () => {
  const { mls, alice, bob, erin } = scene("asking")
  const { groupId, epoch } = alice
  const { keyPackage, signatureKeys, credential } = erin
  const { message, reference } = proposeToJoin(mls, { groupId, epoch, keyPackage, signatureKeys })
  const received = expectKind(receive(mls, bob, message), "proposal")
  expect(received.reference).toEqual(reference)
  expect(received.sender).toEqual({ kind: "new-member", credential, signatureKey: signatureKeys.publicKey })
  const made = commitAll(mls, alice, bob, message)
  expect(made.added).toEqual([{ leafIndex: 4, credential, signatureKey: signatureKeys.publicKey, extensions: [] }])
  const joined = join(mls, { welcome: made.welcome ?? utf8(""), keyPackage, signatureKeys })
  expect(joined).toMatchObject({ kind: "joined", state: { epochAuthenticator: made.next.epochAuthenticator } })
})

test("the senders that a group names are read as they were written", () => {
  const { alice, named } = served("written")
  expect(externalSenders(alice.extensions)).toEqual([STRANGER, named])
  expect(externalSenders([])).toEqual([])
})

test.for<{ section: string; name: string; reason: string; forge: (scene: Served) => Bytes }>([
  {
    section: "12.1.8.1",
    name: "by a sender beyond those named",
    reason: "unknown-external-sender",
    forge: (stage) => from(stage, { kind: "remove", leafIndex: 3 }, { senderIndex: 2 }).message,
  },
  {
    section: "6.1",
    name: "in another sender's name",
    reason: "bad-signature",
    forge: (stage) => from(stage, { kind: "remove", leafIndex: 3 }, { senderIndex: 0 }).message,
  },
  {
    section: "6",
    name: "for an epoch that is over",
    reason: "wrong-epoch",
    forge: (stage) =>
      from({ ...stage, alice: { ...stage.alice, epoch: 1n } }, { kind: "remove", leafIndex: 3 }).message,
  },
  {
    section: "6",
    name: "for another group",
    reason: "wrong-group",
    forge: (stage) =>
      from({ ...stage, alice: { ...stage.alice, groupId: utf8("x") } }, { kind: "remove", leafIndex: 3 }).message,
  },
  {
    section: "12.1.8",
    name: "that updates a leaf",
    reason: "sender-type-not-allowed",
    forge: (stage) => {
      const leafNode = forgeLeaf(stage.mls.crypto, stage.carol.client, {})
      return forged(stage, { kind: "update", leafNode })
    },
  },
  {
    section: "12.1.8",
    name: "that is an ExternalInit",
    reason: "sender-type-not-allowed",
    forge: (stage) => forged(stage, { kind: "external-init", kemOutput: utf8("") }),
  },
])(
  "RFC 9420, $section: a proposal from outside $name is refused",
  ({ section, name, reason, forge }, { expect: see }) => {
    const stage = served(name)
    see(receive(stage.mls, stage.bob, forge(stage))).toEqual({
      kind: "refused",
      reason,
      section: `RFC 9420, ${section}`,
    })
  },
)

test("RFC 9420, 12.1.8: where a group names nobody, nobody outside of it may propose", () => {
  const stage = served("nobody")
  const { message } = from(stage, { kind: "remove", leafIndex: 3 })
  const bob = { ...stage.bob, extensions: [] }
  expect(receive(stage.mls, bob, message)).toMatchObject({ reason: "unknown-external-sender" })
})

test("RFC 9420, 6.1: who asks to be added signs with the key of its key package", () => {
  const { mls, alice, bob, carol, erin } = scene("impostor")
  const { groupId, epoch } = alice
  const { signatureKeys } = carol.client
  const { message } = proposeToJoin(mls, { groupId, epoch, keyPackage: erin.keyPackage, signatureKeys })
  expect(receive(mls, bob, message)).toEqual({ kind: "refused", reason: "bad-signature", section: "RFC 9420, 6.1" })
})

test("RFC 9420, 12.1.8: a proposal from outside does not come with a membership tag, and is never encrypted", () => {
  const stage = served("tagged")
  const decoded = decodeMlsMessage(from(stage, { kind: "remove", leafIndex: 3 }).message)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") throw new Error("no public message")
  expect(decoded.value.message.membershipTag).toBeUndefined()
  const tagged = { ...decoded.value.message, membershipTag: new Uint8Array(32) }
  expect(receive(stage.mls, stage.bob, encodeMlsMessage({ kind: "public-message", message: tagged }))).toMatchObject({
    reason: "malformed",
  })
})

test("RFC 9420, 5.3.1: those who may propose are judged when they are named, and not again while they stay", () => {
  const { mls, alice, bob, named } = served("judged")
  const judged: unknown[] = []
  const judge: MlsContext = {
    ...mls,
    authenticate: (credential, _key, _previous, role) => {
      if (role === "external-sender") judged.push(credential)
      return role === "external-sender" ? "not one of ours" : undefined
    },
  }
  const commit = (extensions: readonly Extension[]) => {
    const made = createCommit(mls, alice, { proposals: [{ kind: "group-context-extensions", extensions }], now: NOW })
    if (made.kind !== "ok") throw new Error(made.reason)
    return made.commit
  }
  expect(receive(judge, bob, commit([externalSendersExtension([named])]))).toMatchObject({
    reason: "credential-rejected",
    section: "RFC 9420, 5.3.1",
  })
  expect(judged).toEqual([named.credential])
  const same = externalSendersExtension([STRANGER, named])
  const required = requiredCapabilitiesExtension({ extensions: [], proposals: [], credentials: [1] })
  expect(receive(judge, bob, commit([same, required])).kind).toBe("commit")
  expect(receive(judge, bob, commit([])).kind).toBe("commit")
})

test("RFC 9420, 5.3.1: a joiner judges those who may propose", () => {
  const { mls, alice, erin } = served("judged by a joiner")
  const proposals = [{ kind: "add", keyPackage: erin.keyPackage.keyPackage }] as const
  const made = createCommit(mls, alice, { proposals, now: NOW })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  const judge: MlsContext = {
    ...mls,
    authenticate: (_credential, _key, _previous, role) => (role === "external-sender" ? "not one of ours" : undefined),
  }
  const { keyPackage, signatureKeys } = erin
  const { welcome } = made
  expect(join(judge, { welcome, keyPackage, signatureKeys })).toMatchObject({ reason: "credential-rejected" })
  expect(join(mls, { welcome, keyPackage, signatureKeys }).kind).toBe("joined")
})

test("RFC 9420, 12.1.8.1: senders that can't be read are refused", () => {
  const { mls, alice } = scene("unreadable")
  const extensions = [{ type: 5, data: utf8("senders") }]
  const proposals = [{ kind: "group-context-extensions", extensions }] as const
  expect(createCommit(mls, alice, { proposals, now: NOW })).toEqual({
    kind: "refused",
    reason: "malformed",
    section: "RFC 9420, 12.1.8.1",
  })
})

test("a proposal from outside is signed without the GroupContext, so that who proposes need not know it", () => {
  const { mls, alice, bob, erin } = scene("stranger")
  const signatureKeys = generateSignatureKeyPair(mls)
  const { lifetime, credential } = erin
  const keyPackage = createKeyPackage(mls, { credential, signatureKeys, lifetime })
  const { groupId, epoch } = alice
  const { message } = proposeToJoin(mls, {
    groupId,
    epoch,
    keyPackage,
    signatureKeys,
    authenticatedData: utf8("please"),
  })
  expect(expectKind(receive(mls, bob, message), "proposal").authenticatedData).toEqual(utf8("please"))
})

/** What `proposeExternally` would not make. */
function forged({ mls, alice, service }: Served, proposal: Proposal): Bytes {
  const { groupId, epoch } = alice
  const framed = {
    groupId,
    epoch,
    sender: { kind: "external", senderIndex: 1 },
    authenticatedData: utf8(""),
    content: { kind: "proposal", proposal },
  } as const
  return frameFromOutside(signFramed(mls, WireFormat.publicMessage, framed, utf8(""), service.privateKey), undefined)
}
