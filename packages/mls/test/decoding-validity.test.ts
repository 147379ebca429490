import { utf8 } from "@starling/kernel"
import {
  decodeMlsMessage,
  encodeParentNode,
  readAuthenticatedContent,
  readCommit,
  readLeafNode,
  readProposal,
  readRatchetTree,
} from "@starling/mls/rfc9420"
import { decode, encode, type Reader, type Writer } from "@starling/wire"
import { expect, test } from "vitest"

const EMPTY = new Uint8Array(0)
const PARENT = encodeParentNode({ encryptionKey: utf8("a key"), parentHash: EMPTY, unmergedLeaves: [] })

/** All of a leaf node but what the test is about; without capabilities. */
function leafOf(w: Writer, { credential = 1, source = 2 }: { readonly credential?: number; readonly source?: number }) {
  w.opaque(utf8("an encryption key")).opaque(utf8("a signature key")).uint16(credential)
  if (credential < 3) w.opaque(EMPTY)
  for (let list = 0; list < 5; list++) w.opaque(EMPTY)
  w.uint8(source).opaque(EMPTY).opaque(utf8("a signature"))
}

/** A proposal from nobody in particular, with its signature. */
function framed(w: Writer, { sender = 3, content = 2 }: { readonly sender?: number; readonly content?: number }) {
  w.opaque(utf8("a group")).uint64(1n).uint8(sender).opaque(EMPTY).uint8(content)
  w.uint16(3).uint32(1).opaque(utf8("a signature"))
}

const resumption = (w: Writer, usage: number) =>
  w.uint16(4).uint8(2).uint8(usage).opaque(utf8("a group")).uint64(1n).opaque(EMPTY)
const extensions = (w: Writer, ...types: readonly number[]) =>
  w.uint16(7).vector(types, (each, type) => each.uint16(type).opaque(EMPTY))
const tree = (w: Writer, blank: number, type = 2) =>
  w.nested((nodes) => nodes.fixed(new Uint8Array(blank)).uint8(1).uint8(type).fixed(PARENT))
const message = (reader: Reader) =>
  decodeMlsMessage(reader.fixed(reader.left)).kind === "ok" || reader.fail("malformed")

/** Each is good but for one number. */
test.for<{
  section: string
  name: string
  read: (reader: Reader) => unknown
  good?: (writer: Writer) => unknown
  bad: (writer: Writer) => unknown
}>([
  {
    section: "12.4",
    name: "a ProposalOrRef of a type that is not known",
    read: readCommit,
    good: (w) => w.nested((items) => items.uint8(1).uint16(3).uint32(1)).uint8(0),
    bad: (w) => w.nested((items) => items.uint8(3)).uint8(0),
  },
  {
    section: "5.3",
    name: "a credential of a type that is not known",
    read: readLeafNode,
    good: (w) => leafOf(w, {}),
    bad: (w) => leafOf(w, { credential: 3 }),
  },
  {
    section: "7.2",
    name: "a leaf node of a source that is not known",
    read: readLeafNode,
    good: (w) => leafOf(w, {}),
    bad: (w) => leafOf(w, { source: 4 }),
  },
  {
    section: "13.4",
    name: "two extensions of one type",
    read: readProposal,
    good: (w) => extensions(w, 0xf000, 0xf001),
    bad: (w) => extensions(w, 0xf000, 0xf000),
  },
  {
    section: "8.4",
    name: "a PSK of a type that is not known",
    read: readProposal,
    good: (w) => w.uint16(4).uint8(1).opaque(EMPTY).opaque(EMPTY),
    bad: (w) => w.uint16(4).uint8(3),
  },
  {
    section: "8.4",
    name: "a resumption PSK of a use that is not known",
    read: readProposal,
    good: (w) => resumption(w, 3),
    bad: (w) => resumption(w, 4),
  },
  {
    section: "6",
    name: "content of a type that is not known",
    read: message,
    good: (w) => framed(w.uint16(1).uint16(1), {}),
    bad: (w) => framed(w.uint16(1).uint16(1), { content: 4 }),
  },
  {
    section: "6",
    name: "content of a sender whose type is not known",
    read: message,
    good: (w) => framed(w.uint16(1).uint16(1), {}),
    bad: (w) => framed(w.uint16(1).uint16(1), { sender: 5 }),
  },
  {
    section: "6",
    name: "a message of a wire format that is not known",
    read: message,
    bad: (w) => w.uint16(1).uint16(6),
  },
  {
    section: "6.1",
    name: "authenticated content that is no framed message",
    read: readAuthenticatedContent,
    good: (w) => framed(w.uint16(2), {}),
    bad: (w) => w.uint16(3),
  },
  {
    section: "12.4.3.3",
    name: "a tree with a node of a type that is not known",
    read: readRatchetTree,
    good: (w) => tree(w, 1),
    bad: (w) => w.nested((nodes) => nodes.uint8(1).uint8(3).uint8(1).uint8(2).fixed(PARENT)),
  },
  {
    section: "12.4.3.3",
    name: "a tree that ends in a blank node",
    read: readRatchetTree,
    bad: (w) => w.nested((nodes) => nodes.uint8(0).uint8(1).uint8(2).fixed(PARENT).uint8(0)),
  },
  {
    section: "12.4.3.3",
    name: "a tree of more than 65536 leaves",
    read: readRatchetTree,
    good: (w) => tree(w, 0xffff),
    bad: (w) => tree(w, 0x1ffff),
  },
])("RFC 9420, $section: $name can't be read", ({ read, good, bad }) => {
  if (good !== undefined) expect(decode(encode(good), read)).toMatchObject({ kind: "ok" })
  expect(decode(encode(bad), read)).toMatchObject({ kind: "malformed" })
})
