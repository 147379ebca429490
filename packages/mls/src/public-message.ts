import { equalConstantTime, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import {
  readFramedContent,
  readFramedContentAuth,
  writeFramedContent,
  writeFramedContentAuth,
  type FramedContent,
  type FramedContentAuth,
} from "./framing.ts"

/** RFC 9420, 6.2: `membershipTag` stands where a member sends, and nowhere else. */
export interface PublicMessage {
  readonly framed: FramedContent
  readonly auth: FramedContentAuth
  readonly membershipTag: Bytes | undefined
}

/** `tbs` is the `FramedContentTBS` of the content. */
export function membershipTag(
  crypto: CryptoProvider,
  membershipKey: Uint8Array,
  tbs: Uint8Array,
  auth: FramedContentAuth,
): Bytes {
  const tbm = encode((w) => writeFramedContentAuth(w.fixed(tbs), auth), tbs.length + 128)
  return crypto.hmac(membershipKey, tbm)
}

export function membershipTagIsValid(
  crypto: CryptoProvider,
  membershipKey: Uint8Array,
  tbs: Uint8Array,
  message: PublicMessage,
): boolean {
  const expected = membershipTag(crypto, membershipKey, tbs, message.auth)
  return message.membershipTag !== undefined && equalConstantTime(message.membershipTag, expected)
}

export function writePublicMessage(writer: Writer, message: PublicMessage): void {
  writeFramedContent(writer, message.framed)
  writeFramedContentAuth(writer, message.auth)
  if (message.membershipTag !== undefined) writer.opaque(message.membershipTag)
}

export function readPublicMessage(reader: Reader): PublicMessage {
  const framed = readFramedContent(reader)
  const auth = readFramedContentAuth(reader, framed.content.kind)
  return { framed, auth, membershipTag: framed.sender.kind === "member" ? reader.opaque() : undefined }
}
