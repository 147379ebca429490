import { stateOf } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { settle } from "../group/settle.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import {
  KEY_PACKAGE_LIFETIME,
  MAX_CLOCK_DIFFERENCE,
  MAX_INVITATIONS,
  MAX_INVITATIONS_PER_INVITER,
  MAX_UNATTACHED,
  MAX_WELCOMES,
} from "../limits.ts"
import type { AnswerStatus } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { syncNow } from "../sync/request-sync.ts"
import { invitationKey } from "./held-invitation.ts"
import { decodeInvitation, type InvitationFrame } from "./invitation-frame.ts"
import {
  foundingDigest,
  joinedNode,
  withJoined,
  markServed,
  openNewWelcome,
  openWelcome,
  type OpenedWelcome,
} from "./join-group.ts"

/**
 * Takes an Invitation, whichever way it came. A group that this device is in already is only told of the new state;
 * any other invitation is held for a decision. The same one twice is the same as once, whatever was decided.
 */
export function receiveInvitation(turn: Turn, payload: Uint8Array): AnswerStatus {
  const decoded = decodeInvitation(payload)
  if (decoded.kind !== "ok") return decoded.kind
  const invitation = decoded.value
  const age = turn.now - invitation.at
  if (age < -MAX_CLOCK_DIFFERENCE || age > KEY_PACKAGE_LIFETIME) return "clock-differs"
  const opened = openNewWelcome(turn, invitation.welcome)
  if (opened.kind === "served") return "ok"
  if (opened.kind !== "opened") return opened.kind
  const group = turn.state.durable.groups.get(opened.group)
  if (group !== undefined && !isSameGroup(turn, group, opened)) return "invalid"
  const status = group?.phase === "active" ? enterAgain(turn, group, opened) : hold(turn, invitation, opened)
  if (status === "ok") markServed(turn, opened.keyPackage, invitation.welcome)
  return status
}

/** Enters the states that other members led to before this device came in, as soon as it knows them to be members. */
export function enterWaiting(turn: Turn): void {
  for (const [key, held] of turn.state.durable.invitations) {
    if (held.standing !== "joined") continue
    const group = turn.state.durable.groups.get(held.group)
    if (group?.phase === "active" && !isVouchedFor(turn, group, held.from)) continue
    const invitations = new Map(turn.state.durable.invitations)
    invitations.delete(key)
    turn.setDurable({ invitations })
    for (const each of held.welcomes) {
      const opened = openWelcome(turn, each.welcome)
      const now = turn.state.durable.groups.get(held.group)
      if (opened.kind === "opened" && now?.phase === "active") enterAgain(turn, now, opened)
    }
  }
}

/** Undecided invitations go when the KeyPackages that they are for do. */
export function pruneInvitations(turn: Turn): void {
  const { invitations } = turn.state.durable
  const kept = [...invitations].filter(([, { heldAt }]) => turn.now - heldAt < KEY_PACKAGE_LIFETIME)
  if (kept.length < invitations.size) turn.setDurable({ invitations: new Map(kept) })
}

function isSameGroup(turn: Turn, group: Group, opened: OpenedWelcome): boolean {
  return foundingDigest(turn.crypto, group.founding) === foundingDigest(turn.crypto, opened.founding)
}

/** The branch that this device was added on has lost, and a member has added it to the one that won. */
function enterAgain(turn: Turn, group: Group, opened: OpenedWelcome): AnswerStatus {
  if (!isVouchedFor(turn, group, opened.inviter.identity)) {
    // The inviter may be a member of whom this device has not heard yet; the Invitation comes again.
    syncNow(turn, group.uuid)
    return "not-a-member"
  }
  const node = joinedNode(turn, group.uuid, opened, turn.now)
  const known = group.forest.get(node.sid)
  if (known?.standing.kind === "held") return "ok"
  if (known === undefined && unattached(group) >= MAX_UNATTACHED) return "exhausted"
  const joined = withJoined(known, node)
  if (joined === undefined) return "invalid"
  const forest = new Map(group.forest).set(node.sid, joined)
  turn.putGroup({ ...group, forest, entries: [...group.entries, node.sid], knownAtEntry: opened.joining.frontier })
  settle(turn, group.uuid)
  syncNow(turn, group.uuid)
  return "ok"
}

/**
 * By a member, or by somebody removed since whose COMMIT that adds this device has its place: what was said in the state
 * that it leads to is for this device, too.
 */
function isVouchedFor(turn: Turn, { membership, forest }: Group, inviter: IdentityId): boolean {
  if (membership.desired.has(inviter)) return true
  return [...forest.values()].some(
    ({ author, added, parent, standing }) =>
      author === inviter && added.includes(turn.own.identity) && parent !== undefined && standing.kind === "open",
  )
}

/** How many joined states stand in the forest of which nobody has shown the COMMIT yet. */
function unattached(group: Group): number {
  const isLoose = (sid: string): boolean => {
    const node = group.forest.get(sid)
    return sid !== group.creation && node?.parent === undefined && stateOf(node) !== undefined
  }
  return group.entries.filter(isLoose).length
}

function hold(turn: Turn, { at, welcome }: InvitationFrame, opened: OpenedWelcome): AnswerStatus {
  const { invitations } = turn.state.durable
  const { founding, inviter, group, keyPackage } = opened
  const digest = foundingDigest(turn.crypto, founding)
  const key = invitationKey({ group, from: inviter.identity })
  const held = invitations.get(key)
  const open = held?.standing === "open" ? held : undefined
  if (open !== undefined && open.founding !== digest) return "invalid"
  if (open === undefined ? !hasRoom(turn, inviter.identity) : open.welcomes.length >= MAX_WELCOMES) return "exhausted"
  const invitation = open ?? {
    group,
    founding: digest,
    groupName: founding.name,
    from: inviter.identity,
    fromName: inviter.identity === founding.creator.identity ? founding.creatorName : "",
    at,
    heldAt: turn.now,
    standing: "open",
    welcomes: [],
  }
  const welcomes = [...invitation.welcomes, { keyPackage, welcome }]
  turn.setDurable({ invitations: new Map(invitations).set(key, { ...invitation, welcomes }) })
  return "ok"
}

function hasRoom(turn: Turn, inviter: string): boolean {
  const { invitations, contacts } = turn.state.durable
  const all = [...invitations.values()]
  if (all.filter(({ from }) => from === inviter).length >= MAX_INVITATIONS_PER_INVITER) return false
  return contacts.has(inviter) || all.filter(({ from }) => !contacts.has(from)).length < MAX_INVITATIONS
}
