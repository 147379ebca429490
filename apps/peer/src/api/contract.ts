/**
 * The local API in types: what the daemon serves on 127.0.0.1 and the CLI and the UI speak (docs/api.md).
 * Times are milliseconds since 1970 UTC; identities are 52 characters of base32; groups are UUIDs; ids are hex.
 */
import { z } from "zod"

export const Identity = z.string().regex(/^[a-z2-7]{52}$/, "an identity is 52 characters of base32")
export const GroupUuid = z.uuid("a group is named by its UUID: `starling group list` shows all")
/** An identity or a libp2p PeerId. */
export const PeerName = z.string().min(1).max(128)

export const NewSession = z.strictObject({ token: z.string().min(1).max(128) })
export const NewProfile = z.strictObject({ name: z.string() })
export const NewContact = z.union([z.strictObject({ link: z.string().max(8192) }), z.strictObject({ peer: PeerName })])
export const Verification = z.strictObject({ verified: z.boolean() })
const Circle = z.enum(["everyone", "admins"])
/** Who may invite, and who may remove; owners count as admins. */
export const GroupPolicy = z.strictObject({ invite: Circle, remove: Circle })
export const NewGroup = z.strictObject({ name: z.string(), policy: GroupPolicy.partial().optional() })
export const NewRole = z.strictObject({ role: z.enum(["member", "admin", "owner"]) })
export const NewInvitation = z.strictObject({ peer: PeerName })
export const NewMessage = z.strictObject({ text: z.string() })
export const NewMailbox = z.strictObject({ link: z.string().max(8192) })
export const NewSettings = z.strictObject({
  healEveryDays: z.number().nullable().optional(),
  receipts: z.boolean().optional(),
  retentionHours: z
    .number()
    .min(1, "messages are kept for at least one hour")
    .max(14 * 24, "messages are kept for at most 336 hours")
    .optional(),
})
export const NewRefill = z.strictObject({ bytes: z.number().int().positive().max(65536).optional() })

/** A peer that keeps ciphertext of a group and can read none of it. */
export interface Mailbox {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly connected: boolean
}

/** Messages in a row that somebody wrote and that are not here, or can't be read any more. */
export interface Gap {
  /** `missing`: this device does not have them; `too-many`: more than are taken of one device in a time, they come later. */
  readonly why: "missing" | "too-many"
  readonly from: string
  readonly name: string
  readonly count: number
  /** Id of the message that they would stand before; absent where they would stand last. */
  readonly before?: string
}
export type GroupPolicy = z.infer<typeof GroupPolicy>
export type NewPolicy = NonNullable<z.infer<typeof NewGroup>["policy"]>
export type Role = z.infer<typeof NewRole>["role"]

export interface Status {
  readonly identity: string
  readonly peerId: string
  /** Empty until the person has chosen one. */
  readonly name: string
  readonly peers: readonly { readonly peerId: string; readonly address: string }[]
  readonly groups: readonly string[]
  readonly pool: { readonly bytes: number; readonly capacity: number }
  readonly listen: readonly string[]
  /** False where the root key lies in the data folder unprotected. */
  readonly rootKeyProtected: boolean
  /** The last one since the daemon was started. */
  readonly trouble?: Trouble
}

/** Something that goes wrong by nobody's asking; `message` says to people what it is and what to do. */
export interface Trouble {
  readonly code: string
  readonly message: string
  readonly at: number
}

/** What the person chose for this device. */
export interface Settings {
  /** Keys are renewed in each group once in so many days (1 to 30); `null`: never without being asked. */
  readonly healEveryDays: number | null
  /** Whether authors learn that their messages were read here, and this person learns it of theirs. */
  readonly receipts: boolean
  /** How long ciphertexts are kept for members who are away. */
  readonly retentionHours: number
}

export interface Contact {
  readonly identity: string
  readonly peerId: string
  readonly name: string
  readonly verified: boolean
  readonly online: boolean
}

/** A Starling peer seen on this network that introduced itself. */
export interface Nearby {
  readonly identity: string
  readonly peerId: string
  readonly name: string
  readonly address: string
  readonly contact: boolean
}

export interface GroupSummary {
  readonly group: string
  readonly name: string
  readonly state: "active" | "leaving" | "left" | "removed"
  readonly epoch: number
  readonly members: number
  readonly unread: number
  readonly lastMessage?: { readonly from: string; readonly name: string; readonly text: string; readonly at: number }
}

export interface Member {
  readonly identity: string
  readonly name: string
  readonly devices: readonly string[]
  readonly self: boolean
  readonly verified: boolean
  /** Invited and not yet seen to have accepted. */
  readonly pending: boolean
  readonly role: Role
}

export interface GroupDetail {
  readonly group: string
  readonly name: string
  readonly state: GroupSummary["state"]
  readonly epoch: number
  /** Hex. */
  readonly epochAuthenticator: string
  readonly suite: string
  readonly members: readonly Member[]
  /**
   * Room for this device's changes of the group; messages need none. `full`: it can't invite, remove, give roles or renew its keys
   * any more, and an admin who invites it once more makes room where no admin did before.
   */
  readonly ownLog: "roomy" | "scarce" | "full"
  readonly gaps: readonly Gap[]
  readonly mailboxes: readonly Mailbox[]
  readonly policy: GroupPolicy
  /** What the person at this device may do while the group is active. */
  readonly may: {
    readonly invite: boolean
    readonly giveRoles: boolean
    readonly chooseMailboxes: boolean
    /** Identities of those whom they may remove. */
    readonly remove: readonly string[]
  }
  /** Invitations asked for whose KeyPackage has not been had yet (the invitee is offline). */
  readonly waiting: readonly { readonly identity: string; readonly name: string }[]
  /** This device's keys in the group: when a commit of its own last renewed them, and when they are next without being asked. */
  readonly ownKeys: {
    readonly renewedAt?: number
    /** `alone`: nobody else is in the group; `overdue`: as soon as members are connected and the group is quiet. */
    readonly plan: { readonly kind: "off" | "alone" | "overdue" } | { readonly kind: "planned"; readonly at: number }
  }
}

export interface Message {
  readonly id: string
  readonly group: string
  /** Identity of the author. */
  readonly from: string
  readonly name: string
  readonly text: string
  readonly at: number
  readonly epoch: number
  readonly mine: boolean
  readonly delivery?: MessageDelivery
}

/** How far an own message is known to have come; it is saved here in any case. */
export interface MessageDelivery {
  /** Neighbours that it was written to. */
  readonly reached: number
  /** Of the `recipients`, other devices that it is for, those that are known to hold it. */
  readonly delivered: number
  readonly recipients: number
  /** Of these, devices that say it was read there; 0 where receipts are off here. */
  readonly read: number
  /** Mailboxes that keep it for who is away; none of them counts as delivered. */
  readonly mailboxes: number
  /** It goes out no more, and may not have reached everybody. */
  readonly ended?: true
}

export interface Invitation {
  readonly group: string
  readonly name: string
  readonly from: string
  readonly fromName: string
  /** False where the inviter is no contact of ours. */
  readonly known: boolean
  readonly at: number
}

export type EpochReason = "created" | "joined" | "added" | "removed" | "healed" | "left"

export interface TimelineEntry {
  readonly epoch: number
  readonly at: number
  readonly by: string
  readonly name: string
  readonly reason: EpochReason
  readonly added: readonly string[]
  readonly removed: readonly string[]
  /** On the chosen history; false for a concurrent update that was not chosen. */
  readonly chosen: boolean
  /** How the keys that this device made for the epoch came about; absent where another device committed. */
  readonly entropy?: "mixed" | "local only" | "pure"
}

export interface EntropySourceStatus {
  readonly id: string
  readonly name: string
  /** `null` where nothing is known of it: a platform that was never reached. */
  readonly simulated: boolean | null
  readonly path: string
  readonly state: "ok" | "unreachable" | "refused" | "working" | "off"
  readonly detail: string
  readonly lastAt?: number
}

export interface EntropyStatus {
  readonly policy: "mixed" | "strict" | "pure"
  readonly pool: { readonly bytes: number; readonly capacity: number }
  readonly sources: readonly EntropySourceStatus[]
  /** Size of the set among which the last key request was hidden, or the next will be where that is known; else 0. */
  readonly anonymitySet: number
  /** Sentences for people about what this does not give: simulated source, set of one, unprotected root key. */
  readonly caveats: readonly string[]
  /** Of platforms that signed two statements for one epoch: both as sealed epoch frames, in hexadecimal, for whoever wants to check. */
  readonly rootConflicts: readonly {
    readonly platform: string
    readonly epoch: number
    readonly revision: number
    readonly evidence: readonly string[]
  }[]
  /** Steps of the refill under way, in order; empty when none is. */
  readonly progress: readonly { readonly step: string; readonly state: "done" | "active" | "waiting" }[]
}

export interface Delivery {
  readonly id: string
  readonly source: string
  readonly simulated: boolean
  readonly path: string
  readonly localProvider: string
  readonly epoch: number
  readonly anonymitySet: number
  readonly proofMilliseconds: number
  readonly bytes: number
  readonly receivedAt: number
  /** How it came to the Local Provider, by that one's word: "one-time pad, simulated link". Absent where nothing was said. */
  readonly channel?: string
}

export interface Draw {
  readonly sequence: number
  readonly at: number
  readonly purpose: string
  readonly bytes: number
  readonly label: "mixed" | "local only" | "pure" | "burned"
  readonly operatingSystem: number
  readonly eaas: readonly {
    readonly delivery: Delivery | { readonly id: string }
    readonly offset: number
    readonly length: number
  }[]
}

export interface ApiError {
  readonly error: { readonly code: string; readonly message: string }
}

/** What the WebSocket `/api/events` sends, one JSON object a frame. After a gap (reconnect) the client reads afresh. */
export type ApiEvent =
  | { readonly type: "status" }
  | { readonly type: "nearby" }
  | { readonly type: "contacts" }
  | { readonly type: "invitations" }
  | { readonly type: "groups" }
  | { readonly type: "group"; readonly group: string }
  | { readonly type: "message"; readonly message: Message }
  | {
      readonly type: "delivery"
      readonly group: string
      readonly id: string
      readonly delivery: MessageDelivery
    }
  | { readonly type: "entropy" }
  | { readonly type: "trouble"; readonly code: string; readonly message: string }
