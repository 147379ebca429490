import type { Group } from "../group/group.ts"
import { roleOf, type Membership } from "../group/membership.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { MAX_MAILBOX_WORDS, MAX_MAILBOXES } from "../limits.ts"
import type { Turn } from "../peer/turn.ts"
import type { Policy, Role } from "../record/operation.ts"
import { decodeMailboxRecord, type MailboxRecord } from "../record/mailbox-record.ts"
import { RECORD_KINDS, type LoggedRecord, type RecordHash } from "../record/record.ts"
import type { GroupMailbox } from "./group-mailbox.ts"

/** What members signed about mailboxes, by record: of each device the last few. */
export type MailboxWords = ReadonlyMap<RecordHash, MailboxWord>

export interface MailboxWord extends MailboxRecord {
  readonly hash: RecordHash
  readonly author: IdentityId
  readonly device: DeviceKey
  readonly seq: number
}

/** Who says where the group's ciphertext is kept: who may remove members, or everybody among equals. */
export function mayChooseMailboxes({ remove }: Policy, role: Role): boolean {
  return remove === "everyone" || role !== "member"
}

/** With what `record`, by a device of `author`, says of a mailbox. Which words are kept depends on the set of them alone. */
export function withMailboxWord(words: MailboxWords, record: LoggedRecord, author: IdentityId): MailboxWords {
  if (record.kind !== RECORD_KINDS.mailbox || words.has(record.hash)) return words
  const said = decodeMailboxRecord(record.body)
  if (said.kind !== "ok") return words
  const { hash, author: device, seq } = record
  const next = new Map(words).set(hash, { ...said.value, hash, author, device, seq })
  const ofDevice = [...next.values()].filter((word) => word.device === device).sort(newestFirst)
  for (const word of ofDevice.slice(MAX_MAILBOX_WORDS)) next.delete(word.hash)
  return next
}

/**
 * The words that hold: by members who may choose, and superseded by none of those. What a plain member signs, or somebody who is
 * no member any more, counts for nothing.
 */
export function wordsInForce({ mailboxWords, membership }: Group): readonly MailboxWord[] {
  if (mailboxWords.size === 0) return []
  const counted = [...mailboxWords.values()].filter(({ author }) => mayChoose(membership, author))
  const superseded = new Set(
    counted.flatMap(({ supersedes, mailbox }) => supersedes.map((hash) => `${mailbox.peerId} ${hash}`)),
  )
  return counted.filter(({ hash, mailbox }) => !superseded.has(`${mailbox.peerId} ${hash}`))
}

/**
 * The mailboxes that the group uses: those of which no word in force says otherwise; where there are too many, those that seniors
 * chose. A function of the records. Those from before mailboxes were chosen by records are used until there is a word on them.
 */
export function usedMailboxes(group: Group): readonly GroupMailbox[] {
  const former = group.delivery.mailboxes
  if (group.mailboxWords.size === 0 && former.size === 0) return []
  const { seniority } = group.membership
  const rank = (word: MailboxWord): number => seniority.get(word.author) ?? Number.MAX_SAFE_INTEGER
  const words = [...wordsInForce(group)].sort((a, b) => rank(a) - rank(b) || (a.hash < b.hash ? -1 : 1))
  const unused = new Set(words.flatMap(({ mailbox }) => (mailbox.used ? [] : [mailbox.peerId])))
  const used = new Map<PeerId, GroupMailbox>()
  for (const { mailbox } of words)
    if (!unused.has(mailbox.peerId) && !used.has(mailbox.peerId)) used.set(mailbox.peerId, mailbox)
  const said = new Set(words.map(({ mailbox }) => mailbox.peerId))
  for (const mailbox of former.values())
    if (mailbox.used && !said.has(mailbox.peerId)) used.set(mailbox.peerId, mailbox)
  return [...used.values()].slice(0, MAX_MAILBOXES)
}

/** What others of the group said of mailboxes is followed at once. */
export function heedMailboxWords(turn: Turn, uuid: string, before: MailboxWords): void {
  if (turn.group(uuid).mailboxWords === before) return
  turn.state = { ...turn.state, dialAt: turn.now }
  turn.notify({ kind: "group", group: uuid })
}

function mayChoose(membership: Membership, author: IdentityId): boolean {
  return membership.desired.has(author) && mayChooseMailboxes(membership.policy, roleOf(membership, author))
}

function newestFirst(a: MailboxWord, b: MailboxWord): number {
  return b.seq - a.seq || (a.hash < b.hash ? -1 : 1)
}
