import type {
  Contact,
  Delivery,
  Draw,
  EntropyStatus,
  GroupDetail,
  GroupPolicy,
  GroupSummary,
  Invitation,
  Message,
  Nearby,
  Role,
  Settings,
  Status,
  TimelineEntry,
} from "@starling/peer/contract"

import { call } from "./call.ts"

interface SafetyNumber {
  readonly identity: string
  readonly name: string
  readonly safetyNumber: string
  readonly verified: boolean
}

const at = encodeURIComponent

/** What a new group begins with unless its maker chooses something else. */
export const USUAL_POLICY: GroupPolicy = { invite: "everyone", remove: "admins" }

/** The calls of docs/api.md that the UI makes, by what they do. */
export const api = {
  openSession: (token: string) => call<void>("POST", "session", { token }),
  status: () => call<Status>("GET", "status"),
  rename: (name: string) => call<Status>("PUT", "profile", { name }),

  settings: () => call<Settings>("GET", "settings"),
  changeSettings: (change: Partial<Settings>) => call<Settings>("PUT", "settings", change),

  ownLink: () => call<{ link: string }>("GET", "contacts/link"),
  contacts: () => call<readonly Contact[]>("GET", "contacts"),
  addByLink: (link: string) => call<Contact>("POST", "contacts", { link }),
  addNearby: (peer: string) => call<Contact>("POST", "contacts", { peer }),
  nearby: () => call<readonly Nearby[]>("GET", "nearby"),
  safetyNumber: (peer: string) => call<SafetyNumber>("GET", `contacts/${at(peer)}/safety-number`),
  verify: (peer: string, verified: boolean) => call<Contact>("PUT", `contacts/${at(peer)}/verification`, { verified }),

  groups: () => call<readonly GroupSummary[]>("GET", "groups"),
  createGroup: (name: string, policy: GroupPolicy = USUAL_POLICY) =>
    call<{ group: string }>("POST", "groups", { name, policy }),
  group: (group: string) => call<GroupDetail>("GET", `groups/${at(group)}`),
  timeline: (group: string) => call<readonly TimelineEntry[]>("GET", `groups/${at(group)}/timeline`),
  invite: (group: string, peer: string) =>
    call<{ state: "invited" | "waiting" }>("POST", `groups/${at(group)}/invitations`, { peer }),
  heal: (group: string) => call<{ epoch: number }>("POST", `groups/${at(group)}/heal`),
  remove: (group: string, peer: string) => call<{ epoch: number }>("DELETE", `groups/${at(group)}/members/${at(peer)}`),
  addMailbox: (group: string, link: string) =>
    call<{ peerId: string }>("POST", `groups/${at(group)}/mailboxes`, { link }),
  removeMailbox: (group: string, peer: string) =>
    call<{ peerId: string }>("DELETE", `groups/${at(group)}/mailboxes/${at(peer)}`),
  giveRole: (group: string, peer: string, role: Role) =>
    call<{ group: string }>("PUT", `groups/${at(group)}/members/${at(peer)}/role`, { role }),
  setPolicy: (group: string, policy: GroupPolicy) =>
    call<{ group: string }>("PUT", `groups/${at(group)}/policy`, policy),
  leave: (group: string) => call<{ group: string }>("POST", `groups/${at(group)}/leave`),
  newestMessages: (group: string, limit: number) =>
    call<readonly Message[]>("GET", `groups/${at(group)}/messages?limit=${limit}`),
  olderMessages: (group: string, before: string, limit: number) =>
    call<readonly Message[]>("GET", `groups/${at(group)}/messages?before=${at(before)}&limit=${limit}`),
  send: (group: string, text: string) => call<{ id: string }>("POST", `groups/${at(group)}/messages`, { text }),
  markRead: (group: string) => call<void>("POST", `groups/${at(group)}/read`),

  invitations: () => call<readonly Invitation[]>("GET", "invitations"),
  accept: (group: string) => call<{ group: string }>("POST", `invitations/${at(group)}/accept`),
  decline: (group: string) => call<{ group: string }>("POST", `invitations/${at(group)}/decline`),

  entropy: () => call<EntropyStatus>("GET", "entropy"),
  refill: () => call<{ bytes: number }>("POST", "entropy/refill", {}),
  newestDraws: (limit: number) => call<readonly Draw[]>("GET", `entropy/draws?newest=1&limit=${limit}`),
  drawsAfter: (sequence: number, limit: number) =>
    call<readonly Draw[]>("GET", `entropy/draws?after=${sequence}&limit=${limit}`),
  deliveries: () => call<readonly Delivery[]>("GET", "entropy/deliveries"),
}
