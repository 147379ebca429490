import { authorOperation } from "../group/author-record.ts"
import { bytesOfUuid } from "../group/group-id.ts"
import type { Group } from "../group/group.ts"
import { bareGroup } from "../group/rebuild-group.ts"
import { settle } from "../group/settle.ts"
import { withTips } from "../group/tips.ts"
import { NO_WORK } from "../group/group-work.ts"
import { MAX_PAST_RANGES } from "../limits.ts"
import { boundVector, joinVectors, lastOf, missingFrom, type MessageVector } from "../message/seq-set.ts"
import { RECORD_KINDS } from "../record/record.ts"
import { refusal, type Turn } from "../peer/turn.ts"
import type { Refusal } from "../peer/step.ts"
import { syncNow, takesPart } from "../sync/request-sync.ts"
import { invitationKey, type HeldInvitation } from "./held-invitation.ts"
import { joinedNode, openWelcome, withJoined, type OpenedWelcome } from "./join-group.ts"
import { openInvitation } from "./open-invitations.ts"
import { enterWaiting } from "./receive-invitation.ts"

/** Joins the group of the invitation that is shown, in the states that its own inviter led to. */
export function acceptInvitation(turn: Turn, uuid: string): { readonly group: string } | Refusal {
  const entered = enter(turn, uuid, false)
  if (entered !== undefined) return entered
  settle(turn, uuid)
  enterWaiting(turn)
  syncNow(turn, uuid)
  return { group: uuid }
}

/**
 * Leaves the group without having shown it: the others learn that this device is not coming. Where somebody else invites
 * to a group of the same id, nothing is said yet: what is declined may be a forgery of it, and that one is asked about next.
 */
export function declineInvitation(turn: Turn, uuid: string): { readonly group: string } | Refusal {
  const held = openInvitation(turn.state, uuid)
  if (held !== undefined && rivalsOf(turn, held).length > 0) {
    setInvitations(turn, [held], [])
    return { group: uuid }
  }
  const known = turn.state.durable.groups.get(uuid)
  const entered = enter(turn, uuid, known === undefined || known.hidden)
  if (entered?.code === "unknown-invitation") return entered
  if (entered === undefined) {
    const group = turn.group(uuid)
    turn.changeGroup(uuid, { phase: "leaving" })
    authorOperation(turn, uuid, { kind: "leave", after: group.live })
    settle(turn, uuid)
    if (turn.state.durable.groups.get(uuid)?.phase === "leaving") syncNow(turn, uuid)
  }
  return { group: uuid }
}

/** Takes the invitation from the table and enters the states that its Welcomes lead to. */
function enter(turn: Turn, uuid: string, hidden: boolean): Refusal | undefined {
  const held = openInvitation(turn.state, uuid)
  const id = bytesOfUuid(uuid)
  if (held === undefined || id === undefined)
    return refusal(
      "unknown-invitation",
      "There is no open invitation to this group. List the open ones and choose one of them.",
    )
  const rivals = rivalsOf(turn, held)
  const alike = rivals.filter(({ founding }) => founding === held.founding)
  setInvitations(
    turn,
    [held, ...rivals],
    alike.map((each) => ({ ...each, standing: "joined" })),
  )
  const opened = held.welcomes.flatMap(({ welcome }) => {
    const result = openWelcome(turn, welcome)
    return result.kind === "opened" ? [result] : []
  })
  const [first] = opened
  if (first === undefined)
    return refusal(
      "invitation-invalid",
      `The invitation of ${held.fromName || held.from.slice(0, 8)} can no longer be used. Ask for another one.`,
    )
  const known = turn.state.durable.groups.get(uuid)
  const group = known === undefined ? newcomersGroup(turn, id, opened, first) : returnersGroup(known, opened)
  const nodes = opened.map((each) => joinedNode(turn, uuid, each, held.at))
  const forest = new Map(group.forest)
  for (const node of nodes) {
    const joined = withJoined(forest.get(node.sid), node)
    if (joined !== undefined) forest.set(node.sid, joined)
  }
  const knownAtEntry = [...new Set(opened.flatMap(({ joining }) => joining.frontier))]
  const entries = nodes.map(({ sid }) => sid)
  turn.putGroup(withTips(turn.crypto, { ...group, phase: "active", hidden, forest, entries, knownAtEntry }))
  turn.state = { ...turn.state, work: new Map(turn.state.work).set(uuid, { ...NO_WORK, unplaced: commitsOf(group) }) }
  return undefined
}

/** What others hold out under the same group id. */
function rivalsOf(turn: Turn, held: HeldInvitation): readonly HeldInvitation[] {
  const all = [...turn.state.durable.invitations.values()]
  return all.filter(({ group, from, standing }) => group === held.group && from !== held.from && standing === "open")
}

function setInvitations(turn: Turn, gone: readonly HeldInvitation[], put: readonly HeldInvitation[]): void {
  const invitations = new Map(turn.state.durable.invitations)
  for (const each of gone) invitations.delete(invitationKey(each))
  for (const each of put) invitations.set(invitationKey(each), each)
  turn.setDurable({ invitations })
}

function newcomersGroup(turn: Turn, id: Uint8Array, opened: readonly OpenedWelcome[], first: OpenedWelcome): Group {
  const row = {
    id: new Uint8Array(id),
    founding: first.founding,
    phase: "active",
    hidden: false,
    entries: [],
    knownAtEntry: [],
    healing: undefined,
    restoredIn: undefined,
    sentCount: 0,
    held: new Map(),
    past: pastIn(opened),
    acks: new Map(),
    sent: [],
    shownCount: 0,
    unread: 0,
    last: undefined,
    seen: new Set<string>(),
  } as const
  return bareGroup(turn.crypto, row, new Set())
}

/** Messages from before the membership, by the word of the inviter; none where two Welcomes lead to two branches. */
function pastIn(opened: readonly OpenedWelcome[]): MessageVector {
  const [first] = opened
  return first !== undefined && opened.length === 1 ? boundVector(first.joining.past, MAX_PAST_RANGES) : new Map()
}

/** Of somebody who was out, and deleted all keys then: what was said meanwhile, beyond what they have, was not for them. */
function returnersGroup(group: Group, opened: readonly OpenedWelcome[]): Group {
  if (takesPart(group)) return group
  const meanwhile = Array.from(pastIn(opened), ([device, set]) => {
    const last = lastOf(group.held.get(device) ?? [])
    return [device, last > 0 ? missingFrom(set, [{ from: 1, to: last }]) : set] as const
  })
  return { ...group, past: joinVectors(group.past, new Map(meanwhile.filter(([, set]) => set.length > 0))) }
}

/** COMMITs of an earlier membership are looked at once more: those that have their place find it taken. */
function commitsOf(group: Group): Group["records"] {
  return group.records.filter(({ kind }) => kind === RECORD_KINDS.commit)
}
