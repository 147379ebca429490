import { utf8, type Bytes } from "@starling/kernel"
import { createCommit, propose as proposeOwn, protect, receive, type GroupState, type MlsContext } from "@starling/mls"
import {
  decodeMlsMessage,
  encodeMlsMessage,
  frameContent,
  framedContentTbs,
  senderDataKey,
  signContent,
  signFramedContent,
  takeKey,
  WireFormat,
} from "@starling/mls/rfc9420"
import { encode } from "@starling/wire"
import { test } from "vitest"

import { propose } from "./forgery.ts"
import { scene, type Scene } from "./scene.ts"
import { Story } from "./story.ts"
import { NOW, world } from "./world.ts"

type Message = Extract<ReturnType<typeof decodeMlsMessage>, { kind: "ok" }>["value"]

test.for<{ section: string; name: string; reason: string; forge: (scene: Scene) => Bytes }>([
  {
    section: "6",
    name: "for another group",
    reason: "wrong-group",
    forge: ({ mls, alice }) => protect(mls, { ...alice, groupId: utf8("elsewhere") }, utf8("hi")).message,
  },
  {
    section: "6",
    name: "for another epoch",
    reason: "wrong-epoch",
    forge: ({ mls, alice }) => protect(mls, { ...alice, epoch: alice.epoch + 1n }, utf8("hi")).message,
  },
  {
    section: "6",
    name: "in public for another group",
    reason: "wrong-group",
    forge: ({ mls, alice }) => propose(mls, { ...alice, groupId: utf8("elsewhere") }, { kind: "remove", leafIndex: 3 }),
  },
  {
    section: "6",
    name: "in public for another epoch",
    reason: "wrong-epoch",
    forge: ({ mls, alice }) => propose(mls, { ...alice, epoch: alice.epoch + 1n }, { kind: "remove", leafIndex: 3 }),
  },
  {
    section: "6",
    name: "that is a key package",
    reason: "unexpected-wire-format",
    forge: ({ erin }) => erin.keyPackage.message,
  },
  {
    section: "6",
    name: "of another protocol version",
    reason: "malformed",
    forge: ({ mls, alice }) => protect(mls, alice, utf8("hi")).message.with(1, 2),
  },
  {
    section: "6.1",
    name: "that is a member's commit, as from somebody who joins by it",
    reason: "bad-signature",
    forge: ({ mls, alice }) => altered(commitOf(mls, alice), { kind: "new-member-commit" }),
  },
  {
    section: "6.1",
    name: "that is a commit, from a client that asks to be added",
    reason: "sender-type-not-allowed",
    forge: ({ mls, alice }) => altered(commitOf(mls, alice), { kind: "new-member-proposal" }),
  },
  {
    section: "6.1",
    name: "that is a commit, from an external sender",
    reason: "sender-type-not-allowed",
    forge: ({ mls, alice }) => altered(commitOf(mls, alice), { kind: "external", senderIndex: 0 }),
  },
  {
    section: "6.1",
    name: "that is a Remove, from a client that asks to be added",
    reason: "sender-type-not-allowed",
    forge: ({ mls, alice }) =>
      altered(propose(mls, alice, { kind: "remove", leafIndex: 3 }), { kind: "new-member-proposal" }),
  },
  {
    section: "6.1",
    name: "that is a proposal, from somebody who joins by a commit",
    reason: "sender-type-not-allowed",
    forge: ({ mls, alice }) =>
      altered(propose(mls, alice, { kind: "remove", leafIndex: 3 }), { kind: "new-member-commit" }),
  },
  {
    section: "6.2",
    name: "from a blank leaf",
    reason: "unknown-sender",
    forge: ({ mls, alice }) => altered(commitOf(mls, alice), { kind: "member", leafIndex: 6 }),
  },
  {
    section: "6.2",
    name: "whose membership tag is another",
    reason: "bad-membership-tag",
    forge: ({ mls, alice }) => lastByteChanged(commitOf(mls, alice)),
  },
  {
    section: "6.2",
    name: "of application data that is not encrypted",
    reason: "application-not-encrypted",
    forge: ({ mls, alice }) => {
      const content = { kind: "application", data: utf8("plain") } as const
      return frameContent(mls, alice, signContent(mls, alice, WireFormat.publicMessage, content), {}).message
    },
  },
  {
    section: "6.1",
    name: "by a member that another member signed, in public",
    reason: "bad-signature",
    forge: ({ mls, alice, carol }) => {
      const impostor = { ...alice, signatureKeys: carol.client.signatureKeys }
      return propose(mls, impostor, { kind: "remove", leafIndex: 3 })
    },
  },
  {
    section: "6.1",
    name: "by a member that another member signed, in private",
    reason: "bad-signature",
    forge: ({ mls, alice, carol }) =>
      protect(mls, { ...alice, signatureKeys: carol.client.signatureKeys }, utf8("hi")).message,
  },
  {
    section: "6.1",
    name: "signed as a public message and sent as a private one",
    reason: "bad-signature",
    forge: ({ mls, alice }) => {
      const content = { kind: "application", data: utf8("hi") } as const
      const signed = signContent(mls, alice, WireFormat.publicMessage, content)
      return frameContent(mls, alice, { ...signed, wireFormat: WireFormat.privateMessage }, {}).message
    },
  },
  {
    section: "6.3.1",
    name: "with padding that is not zero",
    reason: "nonzero-padding",
    forge: ({ mls, alice }) => sealedByHand(mls, alice, alice.ownLeafIndex, { padding: utf8("x") }),
  },
  {
    section: "6.3.1",
    name: "whose content can't be read",
    reason: "malformed",
    forge: ({ mls, alice }) => sealedByHand(mls, alice, alice.ownLeafIndex, { data: Uint8Array.of(0xff) }),
  },
  {
    section: "6.3.2",
    name: "whose sender data is too long",
    reason: "malformed",
    forge: ({ mls, alice }) => sealedByHand(mls, alice, alice.ownLeafIndex, { reuseGuard: new Uint8Array(5) }),
  },
  {
    section: "6.3.2",
    name: "by a leaf beyond the tree",
    reason: "unknown-sender",
    forge: ({ mls, alice }) => sealedByHand(mls, alice, 1 << 20),
  },
  {
    section: "6.3.2",
    name: "whose sender data is not of this epoch",
    reason: "undecryptable",
    forge: ({ mls, alice }) =>
      protect(mls, { ...alice, keys: { ...alice.keys, senderData: new Uint8Array(32) } }, utf8("hi")).message,
  },
])("RFC 9420, $section: a message $name is refused", ({ section, name, reason, forge }, { expect }) => {
  const stage = scene(name)
  expect(receive(stage.mls, stage.bob, forge(stage))).toEqual({
    kind: "refused",
    reason,
    section: `RFC 9420, ${section}`,
  })
})

test("RFC 9420, 12.4.2: one's own commit and proposal are not processed, however they come", ({ expect }) => {
  const { mls, bob } = scene("own")
  for (const wireFormat of ["public", "private"] as const) {
    const commit = createCommit(mls, bob, { proposals: [], wireFormat, now: NOW })
    const proposal = proposeOwn(mls, bob, { kind: "update" }, { wireFormat, now: NOW })
    if (commit.kind !== "ok" || proposal.kind !== "ok") throw new Error("not made")
    for (const message of [commit.commit, proposal.message]) {
      expect(receive(mls, bob, message)).toMatchObject({ kind: "refused", reason: "own-message" })
    }
  }
})

test("RFC 9420, 6.3.2: a private message by a blank leaf is refused", ({ expect }) => {
  const story = new Story(world("blank leaf"), "alice")
  story.add("alice", "bob", "carol")
  const message = sealedByHand(story.mls, story.state("alice"), 3)
  expect(receive(story.mls, story.state("bob"), message)).toEqual({
    kind: "refused",
    reason: "unknown-sender",
    section: "RFC 9420, 6.3.2",
  })
})

function commitOf(mls: MlsContext, state: GroupState): Bytes {
  const made = createCommit(mls, state, { proposals: [], now: NOW })
  if (made.kind !== "ok") throw new Error(made.reason)
  return made.commit
}

function altered(
  bytes: Bytes,
  sender: Extract<Message, { kind: "public-message" }>["message"]["framed"]["sender"],
): Bytes {
  const decoded = decodeMlsMessage(bytes)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") throw new TypeError("no public message")
  const { message } = decoded.value
  const membershipTag = sender.kind === "member" ? message.membershipTag : undefined
  return encodeMlsMessage({
    kind: "public-message",
    message: { ...message, framed: { ...message.framed, sender }, membershipTag },
  })
}

function lastByteChanged(bytes: Bytes): Bytes {
  return bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)
}

/** An application message of "hi", unless something else stands in it, as from this leaf, whoever's state it is. */
function sealedByHand(
  mls: MlsContext,
  state: GroupState,
  leafIndex: number,
  { padding = utf8(""), data = encode((w) => w.opaque(utf8("hi"))), reuseGuard = new Uint8Array(4) } = {},
): Bytes {
  const { crypto } = mls
  const { groupId, epoch } = state
  const framed = {
    groupId,
    epoch,
    sender: { kind: "member", leafIndex },
    authenticatedData: utf8(""),
    content: { kind: "application", data: utf8("hi") },
  } as const
  const tbs = framedContentTbs(WireFormat.privateMessage, framed, state.contextBytes)
  const signature = signFramedContent(crypto, state.signatureKeys.privateKey, tbs)
  const taken = takeKey(crypto, state.secretTree, 4, state.ownLeafIndex, "application")
  const header = encode((w) => w.opaque(groupId).uint64(epoch).uint8(1))
  const aad = encode((w) => w.fixed(header).opaque(utf8("")))
  const plaintext = encode((w) => w.fixed(data).opaque(signature).fixed(padding))
  const ciphertext = crypto.aead.seal(taken.key, taken.nonce, aad, plaintext)
  const { key, nonce } = senderDataKey(crypto, state.keys.senderData, ciphertext)
  const senderData = encode((w) => w.uint32(leafIndex).uint32(0).fixed(reuseGuard))
  const encryptedSenderData = crypto.aead.seal(key, nonce, header, senderData)
  return encodeMlsMessage({
    kind: "private-message",
    message: {
      groupId,
      epoch,
      contentType: "application",
      authenticatedData: utf8(""),
      encryptedSenderData,
      ciphertext,
    },
  })
}
