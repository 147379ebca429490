import type { Milliseconds } from "@starling/kernel"

import type { Acquaintance } from "../contacts/acquaintance.ts"
import type { Contact } from "../contacts/contact.ts"
import type { Group } from "../group/group.ts"
import type { GroupWork } from "../group/group-work.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { OwnIdentity } from "../identity/own-identity.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { HeldInvitation } from "../invitation/held-invitation.ts"
import type { IssuedKeyPackage } from "../invitation/issued-key-package.ts"
import type { OutboxEntry } from "../invitation/outbox-entry.ts"
import type { Box } from "../mailbox/box.ts"
import type { StockedKeyPackage } from "../invitation/stocked-key-package.ts"
import type { PeerLink } from "../ports/transport.ts"
import type { SyncVersion } from "../sync/sync-frames.ts"
import type { PendingRequest } from "./pending-request.ts"
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts"

/**
 * Everything that a running peer knows: a value, replaced by each step. What stands under `durable` follows from the
 * store and goes back to it by comparison of two values (`persist.ts`); the rest is gone with the process.
 */
export interface PeerState {
  readonly plainTopics: boolean
  /** This peer keeps ciphertext for groups, and is nobody's: it takes part in nothing else. */
  readonly isMailbox: boolean
  readonly durable: DurableState
  /** By PeerId. */
  readonly links: ReadonlyMap<PeerId, PeerLink>
  /** Peers that introduced themselves since the start. */
  readonly acquaintances: ReadonlyMap<PeerId, Acquaintance>
  /** By group. */
  readonly work: ReadonlyMap<string, GroupWork>
  /** By token. */
  readonly requests: ReadonlyMap<string, PendingRequest>
  readonly requestCount: number
  readonly topics: ReadonlySet<string>
  /** Members whose Starling knows only a former version of the sync frames, and which. */
  readonly formerSync: ReadonlyMap<PeerId, SyncVersion>
  /** When connected peers were last asked for KeyPackages ahead. */
  readonly restockedAt: ReadonlyMap<PeerId, Milliseconds>
  readonly dialAt: Milliseconds
}

export interface DurableState {
  readonly own: OwnIdentity
  readonly settings: Settings
  readonly contacts: ReadonlyMap<IdentityId, Contact>
  /** By UUID. */
  readonly groups: ReadonlyMap<string, Group>
  /** By the group's UUID and the inviter's identity. */
  readonly invitations: ReadonlyMap<string, HeldInvitation>
  /** By reference (RFC 9420, 5.2) in hexadecimal. */
  readonly keyPackages: ReadonlyMap<string, IssuedKeyPackage>
  readonly outbox: ReadonlyMap<string, OutboxEntry>
  /** By name; none but in a mailbox. */
  readonly boxes: ReadonlyMap<string, Box>
  /** KeyPackages of others, by reference in hexadecimal. */
  readonly stock: ReadonlyMap<string, StockedKeyPackage>
}

export function emptyState(own: OwnIdentity, plainTopics: boolean, isMailbox: boolean): PeerState {
  return {
    plainTopics,
    isMailbox,
    durable: {
      own,
      settings: DEFAULT_SETTINGS,
      contacts: new Map(),
      groups: new Map(),
      invitations: new Map(),
      keyPackages: new Map(),
      outbox: new Map(),
      boxes: new Map(),
      stock: new Map(),
    },
    links: new Map(),
    acquaintances: new Map(),
    work: new Map(),
    requests: new Map(),
    requestCount: 0,
    topics: new Set(),
    formerSync: new Map(),
    restockedAt: new Map(),
    dialAt: 0,
  }
}
