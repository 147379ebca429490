import type { Milliseconds } from "@starling/kernel"
import type { Reader, Writer } from "@starling/wire"

import { readTime } from "../identity/device-certificate.ts"
import { readLinkFields, writeLinkFields, type MailboxLink } from "./mailbox-link.ts"

/** That a group uses a mailbox, or uses it no more. */
export interface GroupMailbox extends MailboxLink {
  /** As the author's clock had it: for members of former versions, which take the later of two words. */
  readonly at: Milliseconds
  readonly used: boolean
}

export function writeGroupMailbox(writer: Writer, mailbox: GroupMailbox): void {
  writeLinkFields(writer, mailbox)
  writer.uint64(BigInt(mailbox.at)).uint8(mailbox.used ? 1 : 0)
}

export function readGroupMailbox(reader: Reader): GroupMailbox {
  const link = readLinkFields(reader)
  return { ...link, at: readTime(reader), used: reader.uint8() === 1 }
}
