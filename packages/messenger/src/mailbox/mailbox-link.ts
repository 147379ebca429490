import { fromBase64url, malformed, toBase64url, type Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { peerIdOf, type PeerId } from "../identity/peer-id.ts"
import { MAX_ADDRESS, MAX_ADDRESSES } from "../limits.ts"
import { decodeVersioned, type Versioned } from "../versioned.ts"

/** What whoever runs a mailbox hands to people, so that they may keep ciphertext there. */
export interface MailboxLink {
  readonly peerId: PeerId
  /** Ed25519: behind the PeerId. */
  readonly transportKey: Bytes
  /** 16 bytes: who knows them may open boxes. */
  readonly access: Bytes
  /** Multiaddrs. */
  readonly addresses: readonly string[]
}

const VERSION = 1
const SCHEME = "starling://mailbox#"
const MAX_LINK = 8192

/** Everything stands in the fragment, which no server ever sees. */
export function formatMailboxLink(link: MailboxLink): string {
  return SCHEME + toBase64url(encodeMailboxLink(link))
}

export function parseMailboxLink(text: string): Versioned<MailboxLink> {
  const trimmed = text.trim()
  if (!trimmed.startsWith(SCHEME) || trimmed.length > MAX_LINK) return malformed("not a mailbox link")
  const bytes = fromBase64url(trimmed.slice(SCHEME.length))
  return bytes === undefined ? malformed("a mailbox link that was cut or changed") : decodeMailboxLink(bytes)
}

export function encodeMailboxLink(link: MailboxLink): Bytes {
  return encode((writer) => writeLinkFields(writer.uint16(VERSION), link))
}

export function decodeMailboxLink(bytes: Uint8Array): Versioned<MailboxLink> {
  return decodeVersioned(bytes, VERSION, MAX_LINK, readLinkFields)
}

export function writeLinkFields(writer: Writer, { transportKey, access, addresses }: MailboxLink): void {
  writer.fixed(transportKey).fixed(access)
  writer.vector(addresses.slice(0, MAX_ADDRESSES), (w, address) => w.text(address))
}

export function readLinkFields(reader: Reader): MailboxLink {
  const transportKey = reader.fixed(32)
  const access = reader.fixed(16)
  const addresses = reader.vector((r) => r.text(MAX_ADDRESS), MAX_ADDRESSES)
  return { peerId: peerIdOf(transportKey), transportKey, access, addresses }
}
