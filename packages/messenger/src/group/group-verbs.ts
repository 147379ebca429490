import { createGroup as createMlsGroup } from "@starling/mls"

import { findPeer, type KnownPeer } from "../contacts/find-peer.ts"
import { clocksDiffer, clockText } from "../contacts/meet.ts"
import { isName } from "../contacts/name.ts"
import { acceptInvitation, declineInvitation } from "../invitation/decide.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { ownLeafExtensions } from "../identity/own-identity.ts"
import { lifetimeFrom } from "../invitation/issued-key-package.ts"
import { isText } from "../message/content.ts"
import { noteSeen } from "../message/note-seen.ts"
import { sendMessage } from "../message/send-message.ts"
import type { PeerState } from "../peer/state.ts"
import type { Env, Outcome, Refusal } from "../peer/step.ts"
import { isRefusal, refusal, takeVerb, type Turn } from "../peer/turn.ts"
import type { Policy, Role } from "../record/operation.ts"
import { syncNow, syncSoon } from "../sync/request-sync.ts"
import { authorOperation, ownRoom } from "./author-record.ts"
import { beginEra } from "./era.ts"
import { stateOf } from "./forest-node.ts"
import { encodeFounding, FOUNDING_EXTENSION, SUPPORTED_EXTENSIONS } from "./group-extensions.ts"
import { creationId, drawGroupId, uuidOf } from "./group-id.ts"
import type { Group } from "./group.ts"
import { healBeforeSending } from "./heal-by-calendar.ts"
import { bareGroup } from "./rebuild-group.ts"
import { logFull } from "./log-full.ts"
import { isOut, roleOf } from "./membership.ts"
import { mayInvite, mayRemove } from "./roles.ts"
import { closeGate } from "./reconcile.ts"
import { identitiesOf } from "./roster.ts"
import { settle } from "./settle.ts"
import { withTips } from "./tips.ts"

/** Of groups for which the one who creates them says nothing else. */
export const USUAL_POLICY: Policy = { invite: "everyone", remove: "admins" }

export function createGroup(
  state: PeerState,
  name: string,
  env: Env,
  policy: Policy = USUAL_POLICY,
): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => {
    if (!isName(name))
      return refusal("bad-name", "A group's name has 1 to 64 characters, and no control characters or line breaks.")
    const id = drawGroupId(env.mls)
    const uuid = uuidOf(id)
    const founding = { name, createdAt: turn.now, creator: turn.own, creatorName: turn.own.name, policy }
    const mls = createMlsGroup(env.suites.forNewGroups, {
      groupId: id,
      credential: { kind: "basic", identity: turn.own.encoded },
      signatureKeys: turn.own.signatureKeys,
      extensions: [{ type: FOUNDING_EXTENSION, data: encodeFounding(founding) }],
      supportedExtensions: SUPPORTED_EXTENSIONS,
      leafExtensions: ownLeafExtensions(turn.crypto, turn.own),
      lifetime: lifetimeFrom(turn.now),
    })
    const sid = creationId(turn.crypto, id)
    const row = {
      id,
      founding,
      phase: "active",
      hidden: false,
      entries: [sid],
      knownAtEntry: [],
      healing: undefined,
      restoredIn: undefined,
      sentCount: 0,
    } as const
    const vectors = { held: new Map(), past: new Map(), acks: new Map() } as const
    const rest = { ...vectors, sent: [], shownCount: 0, unread: 0, last: undefined } as const
    const group = bareGroup(turn.crypto, { ...row, ...rest, seen: new Set([turn.own.device]) }, new Set())
    const node = group.forest.get(sid)
    if (node === undefined) throw new Error("a group has its creation")
    const era = beginEra(env.suites.forNewGroups, mls, state.plainTopics ? uuid : undefined)
    const forest = new Map([[sid, { ...node, standing: { kind: "held", state: mls }, era } as const]])
    turn.putGroup(withTips(turn.crypto, { ...group, forest }))
    return { group: uuid }
  })
}

/**
 * Asks for somebody's membership, or answers as an admin for that of somebody whom members brought in. "invited": they are connected, and added as soon as their KeyPackage comes; "waiting":
 * the same when they are connected next, by whichever member sees them first.
 */
export function invite(
  state: PeerState,
  uuid: string,
  peer: string,
  env: Env,
): Outcome<{ readonly state: "invited" | "waiting" }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    const known = findPeer(turn.state, peer)
    if (known === undefined)
      return refusal("unknown-peer", "This peer is neither a contact nor nearby. Add them by their contact link first.")
    const reason = whyNotInvite(turn, group, known)
    if (reason !== undefined) return reason
    if (!group.membership.desired.has(known.device.identity) || makesRoom(turn, group, known)) {
      if (!mayInvite(group.membership.policy, roleOf(group.membership, turn.own.identity)))
        return refusal("not-allowed", "In this group only admins invite. Ask one of them.")
      if (!hasPlaceFor(turn, group, known))
        return refusal(
          "not-allowed",
          "You have brought in as many people as a member who is no admin can. Ask an admin to invite them, or an owner to make you an admin.",
        )
      if (ownRoom(group, turn.own.device).operations < 1) return logFull()
      authorOperation(turn, uuid, { kind: "add", device: known.device, name: known.name })
      syncSoon(turn, uuid)
    }
    settle(turn, uuid)
    return { state: turn.isConnected(known.device.peerId) ? "invited" : "waiting" }
  })
}

export function accept(state: PeerState, uuid: string, env: Env): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => acceptInvitation(turn, uuid))
}

export function decline(state: PeerState, uuid: string, env: Env): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => declineInvitation(turn, uuid))
}

/** Durable once the step's writes are; encrypted to nobody whose removal this device knows of. */
export function send(state: PeerState, uuid: string, text: string, env: Env): Outcome<{ readonly id: string }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    if (!isText(text)) return refusal("bad-message", "A message has at least one character and at most 32 KiB.")
    healBeforeSending(turn, uuid)
    if (!closeGate(turn, uuid))
      return refusal(
        "catching-up",
        "Somebody was removed, and this device is not up to date yet. Try again when another member is connected.",
      )
    return { id: sendMessage(turn, uuid, text) }
  })
}

/** Renews this device's keys in the group by a commit of its own. */
export function heal(state: PeerState, uuid: string, env: Env): Outcome<{ readonly epoch: number }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    if (!ownRoom(group, turn.own.device).canCommit) return logFull()
    turn.putGroup({ ...group, healing: { kind: "wanted" } })
    settle(turn, uuid)
    syncSoon(turn, uuid)
    return { epoch: epochOf(turn.group(uuid)) }
  })
}

export function remove(state: PeerState, uuid: string, peer: string, env: Env): Outcome<{ readonly epoch: number }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    const identity = findPeer(turn.state, peer)?.device.identity ?? peer
    if (identity === turn.own.identity)
      return refusal("own-identity", "Nobody removes themselves: leave the group instead.")
    const present = identitiesOf(group.forest.get(group.live)?.roster ?? [])
    if (!group.membership.desired.has(identity) && !present.has(identity))
      return refusal("not-a-member", "This peer is no member of the group.")
    const [role, theirs] = [turn.own.identity, identity].map((each) => roleOf(group.membership, each))
    if (!mayRemove(group.membership.policy, role ?? "member", theirs ?? "member"))
      return refusal("not-allowed", "In this group admins remove members, and owners remove admins. Ask one of them.")
    if (ownRoom(group, turn.own.device).operations < 2) return logFull()
    // Whoever invites them again invites a member.
    if (role === "owner" && theirs === "admin") authorOperation(turn, uuid, { kind: "role", identity, role: "member" })
    authorOperation(turn, uuid, { kind: "remove", identity, after: group.live })
    settle(turn, uuid)
    syncSoon(turn, uuid)
    return { epoch: epochOf(turn.group(uuid)) }
  })
}

/** Gives somebody, or the person themselves, another role. */
export function setRole(
  state: PeerState,
  uuid: string,
  peer: string,
  role: Role,
  env: Env,
): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    const identity = findPeer(turn.state, peer)?.device.identity ?? peer
    if (!group.membership.desired.has(identity)) return refusal("not-a-member", "This peer is no member of the group.")
    const before = roleOf(group.membership, identity)
    if (roleOf(group.membership, turn.own.identity) !== "owner")
      return refusal("not-allowed", "Only owners of the group give roles. Ask one of them.")
    if (before === "owner" && identity !== turn.own.identity)
      return refusal("not-allowed", "Owners give up their role themselves.")
    if (before === "owner" && role !== "owner" && owners(group).length < 2)
      return refusal("not-allowed", "You are the only owner. Make somebody else an owner first.")
    if (before === role) return { group: uuid }
    if (ownRoom(group, turn.own.device).operations < 1) return logFull()
    authorOperation(turn, uuid, { kind: "role", identity, role })
    settle(turn, uuid)
    syncSoon(turn, uuid)
    return { group: uuid }
  })
}

/** Says anew who may invite and remove. */
export function setPolicy(
  state: PeerState,
  uuid: string,
  policy: Policy,
  env: Env,
): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    if (roleOf(group.membership, turn.own.identity) !== "owner")
      return refusal("not-allowed", "Only owners of the group say who may invite and remove. Ask one of them.")
    const { invite: circle, remove: removers } = group.membership.policy
    if (policy.invite === circle && policy.remove === removers) return { group: uuid }
    if (ownRoom(group, turn.own.device).operations < 1) return logFull()
    authorOperation(turn, uuid, { kind: "policy", policy })
    settle(turn, uuid)
    syncSoon(turn, uuid)
    return { group: uuid }
  })
}

function owners({ membership }: Group): IdentityId[] {
  return [...membership.desired.keys()].filter((identity) => roleOf(membership, identity) === "owner")
}

/** Done at once for the person; the keys are deleted when a member knows of it. */
export function leave(state: PeerState, uuid: string, env: Env): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => {
    const group = activeGroup(turn, uuid)
    if (isRefusal(group)) return group
    turn.changeGroup(uuid, { phase: "leaving", healing: undefined })
    authorOperation(turn, uuid, { kind: "leave", after: group.live })
    settle(turn, uuid)
    if (turn.group(uuid).phase === "leaving") syncNow(turn, uuid)
    return { group: uuid }
  })
}

/** Everything shown so far was seen. */
export function markRead(state: PeerState, uuid: string, env: Env): Outcome<{ readonly group: string }> {
  return takeVerb(state, env, (turn) => {
    const group = turn.state.durable.groups.get(uuid)
    if (group === undefined || group.hidden) return unknownGroup()
    if (group.unread > 0) turn.putGroup({ ...group, unread: 0 })
    noteSeen(turn, uuid)
    return { group: uuid }
  })
}

function activeGroup(turn: Turn, uuid: string): Group | Refusal {
  const group = turn.state.durable.groups.get(uuid)
  if (group === undefined || group.hidden) return unknownGroup()
  if (group.phase !== "active" || stateOf(group.forest.get(group.live)) === undefined)
    return refusal("not-active", "This device is no longer in the group. Ask a member for a new invitation.")
  if (isOut(group.membership, turn.own.identity))
    return refusal("no-longer-member", "A member has removed you from this group. Ask them for a new invitation.")
  return group
}

function whyNotInvite(turn: Turn, group: Group, { device, name }: KnownPeer): Refusal | undefined {
  const { identity, peerId } = device
  if (identity === turn.own.identity) return refusal("own-identity", "You are in this group already.")
  const present = identitiesOf(group.forest.get(group.live)?.roster ?? [])
  if (present.has(identity) && group.membership.desired.has(identity) && !makesRoom(turn, group, { device }))
    return refusal("already-member", "This peer is in the group already.")
  const clockAhead = turn.state.acquaintances.get(peerId)?.clockAhead ?? 0
  if (!turn.isConnected(peerId) || !clocksDiffer(clockAhead)) return undefined
  return refusal("clock-differs", `${clockText(name || identity.slice(0, 8), clockAhead)} Then invite again.`)
}

/** An admin answers for a member that none answered for so far: more is kept of what its device says of the group. */
function makesRoom({ own }: Turn, { membership }: Group, { device }: Pick<KnownPeer, "device">): boolean {
  return roleOf(membership, own.identity) !== "member" && (membership.vouched.get(device.device) ?? 0) > 0
}

function hasPlaceFor({ own }: Turn, { membership }: Group, { device }: KnownPeer): boolean {
  if (roleOf(membership, own.identity) !== "member" || membership.vouched.has(device.device)) return true
  // What brought this device in may still be on its way.
  return (membership.placesLeft.get(own.device) ?? 1) > 0
}

function epochOf(group: Group): number {
  return group.forest.get(group.live)?.epoch ?? 0
}

function unknownGroup(): Refusal {
  return refusal("unknown-group", "There is no such group on this device.")
}
