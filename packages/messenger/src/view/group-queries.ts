import { toHex } from "@starling/kernel"

import { rawNameOf } from "../contacts/find-peer.ts"
import { ancestry, stateOf, type ForestNode } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { roleOf } from "../group/membership.ts"
import { mayInvite, mayRemove } from "../group/roles.ts"
import { NO_WORK } from "../group/group-work.ts"
import { ownRoom } from "../group/author-record.ts"
import type { DeviceKey } from "../identity/device-certificate.ts"
import { bearerOf } from "../group/bearers.ts"
import { healPlan } from "../group/heal-by-calendar.ts"
import { openInvitations } from "../invitation/open-invitations.ts"
import { devicesOf, identitiesOf } from "../group/roster.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { mayChooseMailboxes, usedMailboxes } from "../mailbox/mailbox-words.ts"
import { GAP_PATIENCE } from "../limits.ts"
import { deliveryCount } from "../message/delivery.ts"
import { heldBackNow } from "../message/history-budget.ts"
import { gapsOf } from "../message/gaps.ts"
import type { PeerState } from "../peer/state.ts"
import { mlsOf } from "../peer/suites.ts"
import type { DeliveryCount, Env } from "../peer/step.ts"
import type {
  GapView,
  GroupDetailView,
  GroupSummaryView,
  InvitationView,
  MemberView,
  TimelineView,
} from "./group-view.ts"

export function groups(state: PeerState): readonly GroupSummaryView[] {
  return [...state.durable.groups.values()].filter(({ hidden }) => !hidden).map((group) => summaryOf(state, group))
}

export function groupDetail(state: PeerState, uuid: string, env: Env): GroupDetailView | undefined {
  const group = shownGroup(state, uuid)
  if (group === undefined) return undefined
  const live = group.forest.get(group.live)
  const present = identitiesOf(live?.roster ?? [])
  const mls = stateOf(live)
  return {
    group: uuid,
    name: group.founding.name,
    state: group.phase,
    epoch: live?.epoch ?? 0,
    epochAuthenticator: mls === undefined ? "" : toHex(mls.epochAuthenticator),
    suite: mls === undefined ? "" : mlsOf(env.suites, mls).crypto.suite.name,
    members: [...present].map((identity) => memberView(state, group, live, identity)),
    policy: group.membership.policy,
    may: mayDo(group, state.durable.own.identity, present),
    ownLog: ownLog(group, state.durable.own.device),
    gaps: gapsIn(state, group, env.now),
    mailboxes: usedMailboxes(group).map(({ peerId, addresses }) => {
      return { peerId, addresses, connected: state.links.has(peerId) }
    }),
    waiting: [...group.membership.desired.keys()]
      .filter((identity) => !present.has(identity))
      .map((identity) => ({ identity, name: nameIn(state, identity) })),
    ownKeys: ownKeys(state, group, env),
  }
}

/** Every state that this device knows of, oldest first; those that were not chosen too. */
export function timeline(state: PeerState, uuid: string): readonly TimelineView[] | undefined {
  const group = shownGroup(state, uuid)
  if (group === undefined) return undefined
  const chosen = new Set(ancestry(group.forest, group.live).map(({ sid }) => sid))
  return [...group.forest.values()]
    .filter(({ standing }) => standing.kind !== "invalid")
    .sort((a, b) => a.epoch - b.epoch || a.at - b.at)
    .map((node) => ({
      epoch: node.epoch,
      at: node.at,
      by: node.author,
      name: nameIn(state, node.author),
      reason: node.reason,
      added: node.added,
      removed: node.removed,
      chosen: chosen.has(node.sid),
      own: node.device === state.durable.own.device,
    }))
}

export function invitations(state: PeerState): readonly InvitationView[] {
  return openInvitations(state).map(({ group, groupName, from, fromName, at }) => ({
    group,
    name: groupName,
    from,
    fromName: rawNameOf(state, from) || fromName,
    known: state.durable.contacts.has(from),
    at,
  }))
}

/** Of an own message; `undefined` for one that is no longer followed. */
export function deliveryOf(state: PeerState, uuid: string, id: string): DeliveryCount | undefined {
  const group = shownGroup(state, uuid)
  return group === undefined ? undefined : deliveryCount(state, group, id)
}

function shownGroup(state: PeerState, uuid: string): Group | undefined {
  const group = state.durable.groups.get(uuid)
  return group?.hidden === false ? group : undefined
}

function ownKeys(state: PeerState, group: Group, env: Env): GroupDetailView["ownKeys"] {
  const { own, settings } = state.durable
  const period = group.phase === "active" ? settings.healPeriod : undefined
  const { renewedAt, plan } = healPlan({ crypto: env.mls.crypto, own }, group, period, env.now)
  return { plan, ...(renewedAt === undefined ? {} : { renewedAt }) }
}

function ownLog(group: Group, own: DeviceKey): GroupDetailView["ownLog"] {
  const { operations, canCommit, isScarce } = ownRoom(group, own)
  return operations < 1 || !canCommit ? "full" : isScarce ? "scarce" : "roomy"
}

function summaryOf(state: PeerState, group: Group): GroupSummaryView {
  const live = group.forest.get(group.live)
  const { last } = group
  return {
    group: group.uuid,
    name: group.founding.name,
    state: group.phase,
    epoch: live?.epoch ?? 0,
    members: identitiesOf(live?.roster ?? []).size,
    unread: group.unread,
    ...(last === undefined ? {} : { lastMessage: { ...last, name: nameIn(state, last.from) } }),
  }
}

function memberView(state: PeerState, group: Group, live: ForestNode | undefined, identity: IdentityId): MemberView {
  const devices = devicesOf(live?.roster ?? []).filter((device) => device.identity === identity)
  const self = identity === state.durable.own.identity
  const founder = identity === group.founding.creator.identity
  return {
    identity,
    name: nameIn(state, identity),
    devices: devices.map(({ peerId }) => peerId),
    self,
    verified: state.durable.contacts.get(identity)?.verified ?? false,
    role: roleOf(group.membership, identity),
    pending: !self && !founder && !devices.some(({ device }) => group.seen.has(device)),
  }
}

function mayDo({ membership }: Group, self: IdentityId, present: ReadonlySet<IdentityId>): GroupDetailView["may"] {
  const { policy } = membership
  const role = roleOf(membership, self)
  return {
    invite: mayInvite(policy, role),
    giveRoles: role === "owner",
    chooseMailboxes: mayChooseMailboxes(policy, role),
    remove: [...present].filter((other) => other !== self && mayRemove(policy, role, roleOf(membership, other))),
  }
}

function gapsIn(state: PeerState, group: Group, now: number): readonly GapView[] {
  const { own } = state.durable
  const work = state.work.get(group.uuid) ?? NO_WORK
  const heldBack = new Set(heldBackNow(group, work, now))
  const gaps = gapsOf(group, work, own.device)
    .filter(({ since }) => since <= now - GAP_PATIENCE)
    .map((gap) => ({ ...gap, why: heldBack.has(gap.device) ? ("too-many" as const) : ("missing" as const) }))
  const forgone = group.delivery.forgone.map((run) => ({ ...run, why: "missing" as const }))
  return [...gaps, ...forgone].map(({ why, device, count, before }) => {
    const from = bearerOf(group, device) ?? ""
    return { why, from, name: nameIn(state, from), count, ...(before === undefined ? {} : { before }) }
  })
}

function nameIn(state: PeerState, identity: IdentityId): string {
  return rawNameOf(state, identity) ?? ""
}
