import { equalBytes } from "@starling/kernel"

import { encodeFounding } from "../group/group-extensions.ts"
import { uuidOf } from "../group/group-id.ts"
import type { Group } from "../group/group.ts"
import { settle } from "../group/settle.ts"
import { KEY_PACKAGE_LIFETIME, MAX_CLOCK_DIFFERENCE, MAX_INVITATIONS, MAX_WELCOMES } from "../limits.ts"
import type { AnswerStatus } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { syncNow } from "../sync/request-sync.ts"
import { decodeInvitation, type InvitationFrame } from "./invitation-frame.ts"
import { joinedNode, markUsed, openWelcome, type OpenedWelcome } from "./join-group.ts"

/**
 * Takes an Invitation, whichever way it came. A group that this device is in already is only told of the new state;
 * any other invitation is held for a decision. The same one twice is the same as once.
 */
export function receiveInvitation(turn: Turn, payload: Uint8Array): AnswerStatus {
  const decoded = decodeInvitation(payload)
  if (decoded.kind !== "ok") return decoded.kind
  const invitation = decoded.value
  const uuid = uuidOf(invitation.group)
  if (isKnown(turn, uuid, invitation)) return "ok"
  const age = turn.now - invitation.at
  if (age < -MAX_CLOCK_DIFFERENCE || age > KEY_PACKAGE_LIFETIME) return "clock-differs"
  const opened = openWelcome(turn, invitation.group, invitation.welcome)
  if (opened.kind !== "opened") return opened.kind
  const group = turn.state.durable.groups.get(uuid)
  if (group !== undefined && !isSameGroup(group, opened)) return "invalid"
  if (group?.phase === "active") return enterAgain(turn, group, opened)
  return hold(turn, uuid, invitation, opened)
}

function isKnown(turn: Turn, uuid: string, { welcome }: InvitationFrame): boolean {
  const held = turn.state.durable.invitations.get(uuid)
  return held?.welcomes.some((known) => equalBytes(known, welcome)) ?? false
}

function isSameGroup(group: Group, opened: OpenedWelcome): boolean {
  return equalBytes(encodeFounding(group.founding), encodeFounding(opened.founding))
}

/** The branch that this device was added on has lost, and a member has added it to the one that won. */
function enterAgain(turn: Turn, group: Group, opened: OpenedWelcome): AnswerStatus {
  if (!group.membership.desired.has(opened.inviter.identity)) {
    // The inviter may be a member of whom this device has not heard yet; the Invitation comes again.
    syncNow(turn, group.uuid)
    return "not-a-member"
  }
  const node = joinedNode(turn, group.uuid, opened, turn.now)
  markUsed(turn, opened.keyPackage)
  const known = group.forest.get(node.sid)
  if (known?.standing.kind === "held") return "ok"
  const { standing, era, placedAt } = node
  const forest = new Map(group.forest).set(node.sid, known === undefined ? node : { ...known, standing, era, placedAt })
  turn.putGroup({ ...group, forest, entries: [...group.entries, node.sid], knownAtEntry: opened.joining.frontier })
  settle(turn, group.uuid)
  syncNow(turn, group.uuid)
  return "ok"
}

function hold(turn: Turn, uuid: string, { at, welcome }: InvitationFrame, opened: OpenedWelcome): AnswerStatus {
  const { invitations, contacts } = turn.state.durable
  const held = invitations.get(uuid)
  if (held === undefined && invitations.size >= MAX_INVITATIONS && !contacts.has(opened.inviter.identity))
    return "exhausted"
  markUsed(turn, opened.keyPackage)
  const { founding, inviter } = opened
  const fromName = inviter.identity === founding.creator.identity ? founding.creatorName : ""
  const invitation = held ?? {
    group: uuid,
    groupName: founding.name,
    from: inviter.identity,
    fromName,
    at,
    welcomes: [],
  }
  const welcomes = [...invitation.welcomes, welcome].slice(-MAX_WELCOMES)
  turn.setDurable({ invitations: new Map(invitations).set(uuid, { ...invitation, welcomes }) })
  return "ok"
}
