import { assertNever, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { MLS10 } from "./capabilities.ts"
import { readCommit, writeCommit, type Commit } from "./commit.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import { refHash, signWithLabel, verifyWithLabel } from "./labelled-crypto.ts"
import { readProposal, writeProposal, type Proposal } from "./proposal.ts"

/** RFC 9420, 6. */
export type Sender =
  | { readonly kind: "member"; readonly leafIndex: number }
  | { readonly kind: "external"; readonly senderIndex: number }
  | { readonly kind: "new-member-proposal" }
  | { readonly kind: "new-member-commit" }

export type Content =
  | { readonly kind: "application"; readonly data: Bytes }
  | { readonly kind: "proposal"; readonly proposal: Proposal }
  | { readonly kind: "commit"; readonly commit: Commit }

/** RFC 9420, 6. */
export interface FramedContent {
  readonly groupId: Bytes
  readonly epoch: bigint
  readonly sender: Sender
  readonly authenticatedData: Bytes
  readonly content: Content
}

/** RFC 9420, 6.1: `confirmationTag` stands with a commit and with nothing else. */
export interface FramedContentAuth {
  readonly signature: Bytes
  readonly confirmationTag: Bytes | undefined
}

export interface AuthenticatedContent {
  readonly wireFormat: FramedWireFormat
  readonly framed: FramedContent
  readonly auth: FramedContentAuth
}

/** RFC 9420, 17.2. */
export const WireFormat = { publicMessage: 1, privateMessage: 2, welcome: 3, groupInfo: 4, keyPackage: 5 } as const
export type FramedWireFormat = typeof WireFormat.publicMessage | typeof WireFormat.privateMessage

export const CONTENT_TYPES = { application: 1, proposal: 2, commit: 3 } as const
const SENDER_TYPES = { member: 1, external: 2, "new-member-proposal": 3, "new-member-commit": 4 } as const

/** RFC 9420, 6.1: what the sender signs; `groupContext` is the encoded GroupContext of its epoch. */
export function framedContentTbs(wireFormat: FramedWireFormat, framed: FramedContent, groupContext: Uint8Array): Bytes {
  return encode((w) => {
    w.uint16(MLS10).uint16(wireFormat)
    writeFramedContent(w, framed)
    if (framed.sender.kind === "member" || framed.sender.kind === "new-member-commit") w.fixed(groupContext)
  }, 1024)
}

export function signFramedContent(crypto: CryptoProvider, privateKey: Uint8Array, tbs: Uint8Array): Bytes {
  return signWithLabel(crypto, privateKey, "FramedContentTBS", tbs)
}

export function framedSignatureIsValid(
  crypto: CryptoProvider,
  publicKey: Uint8Array,
  tbs: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyWithLabel(crypto, publicKey, "FramedContentTBS", tbs, signature)
}

/** RFC 9420, 5.2: `ProposalRef`. */
export function proposalReference(crypto: CryptoProvider, content: AuthenticatedContent): Bytes {
  const encoded = encode((w) => writeAuthenticatedContent(w, content))
  return refHash(crypto, "MLS 1.0 Proposal Reference", encoded)
}

export function writeAuthenticatedContent(writer: Writer, content: AuthenticatedContent): void {
  writer.uint16(content.wireFormat)
  writeFramedContent(writer, content.framed)
  writeFramedContentAuth(writer, content.auth)
}

export function readAuthenticatedContent(reader: Reader): AuthenticatedContent {
  const wireFormat = reader.uint16()
  if (wireFormat !== WireFormat.publicMessage && wireFormat !== WireFormat.privateMessage) {
    return reader.fail(`framed content of wire format ${wireFormat}`)
  }
  const framed = readFramedContent(reader)
  return { wireFormat, framed, auth: readFramedContentAuth(reader, framed.content.kind) }
}

export function writeFramedContent(writer: Writer, framed: FramedContent): void {
  writer.opaque(framed.groupId).uint64(framed.epoch)
  writeSender(writer, framed.sender)
  writer.opaque(framed.authenticatedData).uint8(CONTENT_TYPES[framed.content.kind])
  writeContent(writer, framed.content)
}

export function readFramedContent(reader: Reader): FramedContent {
  return {
    groupId: reader.opaque(),
    epoch: reader.uint64(),
    sender: readSender(reader),
    authenticatedData: reader.opaque(),
    content: readContent(reader, readContentType(reader)),
  }
}

export function writeFramedContentAuth(writer: Writer, auth: FramedContentAuth): void {
  writer.opaque(auth.signature)
  if (auth.confirmationTag !== undefined) writer.opaque(auth.confirmationTag)
}

export function readFramedContentAuth(reader: Reader, kind: Content["kind"]): FramedContentAuth {
  return { signature: reader.opaque(), confirmationTag: kind === "commit" ? reader.opaque() : undefined }
}

export function readContentType(reader: Reader): Content["kind"] {
  const type = reader.uint8()
  switch (type) {
    case CONTENT_TYPES.application:
      return "application"
    case CONTENT_TYPES.proposal:
      return "proposal"
    case CONTENT_TYPES.commit:
      return "commit"
    default:
      return reader.fail(`content of type ${type}`)
  }
}

/** The content alone; its type stands elsewhere. */
export function writeContent(writer: Writer, content: Content): void {
  switch (content.kind) {
    case "application":
      writer.opaque(content.data)
      return
    case "proposal":
      writeProposal(writer, content.proposal)
      return
    case "commit":
      writeCommit(writer, content.commit)
      return
    default:
      assertNever(content)
  }
}

export function readContent(reader: Reader, kind: Content["kind"]): Content {
  switch (kind) {
    case "application":
      return { kind, data: reader.opaque() }
    case "proposal":
      return { kind, proposal: readProposal(reader) }
    case "commit":
      return { kind, commit: readCommit(reader) }
    default:
      return assertNever(kind)
  }
}

export function writeSender(writer: Writer, sender: Sender): void {
  writer.uint8(SENDER_TYPES[sender.kind])
  if (sender.kind === "member") writer.uint32(sender.leafIndex)
  if (sender.kind === "external") writer.uint32(sender.senderIndex)
}

export function readSender(reader: Reader): Sender {
  const type = reader.uint8()
  switch (type) {
    case SENDER_TYPES.member:
      return { kind: "member", leafIndex: reader.uint32() }
    case SENDER_TYPES.external:
      return { kind: "external", senderIndex: reader.uint32() }
    case SENDER_TYPES["new-member-proposal"]:
      return { kind: "new-member-proposal" }
    case SENDER_TYPES["new-member-commit"]:
      return { kind: "new-member-commit" }
    default:
      return reader.fail(`a sender of type ${type}`)
  }
}
