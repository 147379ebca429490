import { equalBytes } from "@starling/kernel"
import { receive, type RefusalReason } from "@starling/mls"

import { absorbMessages } from "../message/receive-message.ts"
import { resendMessages } from "../message/send-message.ts"
import { letGoOfAll } from "../message/sent-messages.ts"
import { peerIdsOf } from "../sync/partners.ts"
import { BUCKETS } from "../peer/buckets.ts"
import type { Turn } from "../peer/turn.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { commitAuthenticatedData } from "../record/commit-record.ts"
import { eraAfter } from "./commit.ts"
import { ancestry, isStateOf, stateOf, withBody, type Forest, type ForestNode } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { stateIdOf } from "./group-id.ts"
import { standingOuts } from "./membership.ts"
import { placeCommit, placeInOrder } from "./place-commit.ts"
import { reconcile } from "./reconcile.ts"
import { MAX_EAGER_SIBLINGS } from "../limits.ts"
import { rejoinIfLeftBehind } from "./rejoin.ts"
import { hasDevice, isRosterOf } from "./roster.ts"
import { defend, testify } from "./testify.ts"
import { isAttached, isDisplaced, withTips } from "./tips.ts"

/**
 * Draws the consequences of what has come, in this order: COMMITs find their place, those whose parent is held are
 * processed, the tip is chosen, messages that waited are read, own ones are sent again where a branch lost, and what is
 * left to do is done or scheduled. Called after every change of a group.
 */
export function settle(turn: Turn, uuid: string): void {
  const { phase, live } = turn.group(uuid)
  if (phase === "left" || phase === "removed") return
  const before = new Set(turn.group(uuid).forest.keys())
  placeCommits(turn, uuid)
  processCommits(turn, uuid)
  defend(turn, uuid, before)
  turn.putGroup(withTips(turn.crypto, turn.group(uuid)))
  absorbMessages(turn, uuid, [])
  if (leaveIfOut(turn, uuid)) return
  reconcile(turn, uuid)
  testify(turn, uuid)
  rejoinIfLeftBehind(turn, uuid)
  if (turn.group(uuid).live !== live && !isDisplaced(turn.group(uuid))) resendMessages(turn, uuid)
}

/** Lets go of every secret of a group, and of the ciphertexts kept for others; what was shown stays. */
export function goOut(turn: Turn, uuid: string, phase: "left" | "removed"): void {
  letGoOfAll(turn, uuid)
  const group = turn.group(uuid)
  const forest = new Map(
    Array.from(group.forest, ([sid, node]): [string, ForestNode] => {
      const standing = node.standing.kind === "held" ? ({ kind: "dropped" } as const) : node.standing
      return [sid, { ...node, standing, era: undefined }]
    }),
  )
  turn.writes.push({ kind: "delete-partition", bucket: BUCKETS.messages, partition: uuid })
  turn.putGroup({ ...group, phase, forest, entries: [], healing: undefined })
  turn.changeDelivery(uuid, { keptBytes: new Map(), breaks: [], inMailboxes: new Map() })
  const work = new Map(turn.state.work)
  work.delete(uuid)
  turn.state = { ...turn.state, work }
}

/** Where a state gets another body, what did not follow from those before may follow now. */
function placeCommits(turn: Turn, uuid: string): void {
  for (let hasNewBody = true; hasNewBody && turn.work(uuid).unplaced.length > 0;) {
    hasNewBody = false
    const { unplaced, doubtful: before } = turn.work(uuid)
    const { waiting, doubtful } = placeInOrder(unplaced, (record) => {
      const group = turn.group(uuid)
      const placement = placeCommit(turn.crypto, group, record, turn.now)
      if (placement.kind === "placed") hasNewBody = place(turn, group, placement.node) || hasNewBody
      return placement.kind
    })
    const doubted = [...before, ...doubtful]
    if (hasNewBody) turn.changeWork(uuid, { unplaced: [...waiting, ...doubted], doubtful: [] })
    else if (waiting.length !== unplaced.length) turn.changeWork(uuid, { unplaced: waiting, doubtful: doubted })
  }
}

/**
 * A state that was joined, or made here, is there already: it gains what its COMMIT says of its past. One whose members or keys
 * are not those that the COMMIT leads to is not the state of that name. True where a state that had its place got another body.
 */
function place(turn: Turn, group: Group, node: ForestNode): boolean {
  const known = group.forest.get(node.sid)
  if (node.sid === group.creation) return false
  if (known?.parent !== undefined) {
    const enriched = withBody(known, node)
    if (enriched !== known) turn.putGroup({ ...group, forest: new Map(group.forest).set(node.sid, enriched) })
    return enriched !== known
  }
  const state = stateOf(known)
  const isAnother = state !== undefined && !(isStateOf(node, state) && isRosterOf(state, node.roster))
  const { standing, era, placedAt } = isAnother ? { ...node, standing: { kind: "barred" } as const } : (known ?? node)
  turn.putGroup({ ...group, forest: new Map(group.forest).set(node.sid, { ...node, standing, era, placedAt }) })
  return false
}

/** First what is chosen, then what may come to be: of one author on one state a few, which the others may be read in. */
function processCommits(turn: Turn, uuid: string): void {
  for (;;) {
    const { forest, chosen } = withTips(turn.crypto, turn.group(uuid))
    const path = ancestry(forest, chosen).toReversed()
    if (processReady(turn, uuid, path) === 0 && processReady(turn, uuid, eager(forest)) === 0) return
  }
}

/** How many of `nodes` could be processed, one after the other. */
function processReady(turn: Turn, uuid: string, nodes: readonly ForestNode[]): number {
  let count = 0
  for (const { sid } of nodes) {
    const { forest } = turn.group(uuid)
    const node = forest.get(sid)
    const parent = forest.get(node?.parent ?? "")
    if (node === undefined || !isToProcess(node) || node.device === turn.own.device || stateOf(parent) === undefined)
      continue
    turn.changeGroup(uuid, { forest: new Map(forest).set(sid, processCommit(turn, uuid, node, parent)) })
    count++
  }
  return count
}

function isToProcess({ standing, bodies }: ForestNode): boolean {
  return standing.kind === "open" || (standing.kind === "damaged" && standing.tried !== bodies)
}

function eager(forest: Forest): ForestNode[] {
  const siblings = new Map<string, number>()
  return [...forest.values()].filter(({ parent, author }) => {
    const key = `${parent} ${author}`
    const count = (siblings.get(key) ?? 0) + 1
    siblings.set(key, count)
    return count <= MAX_EAGER_SIBLINGS
  })
}

/**
 * Refusals that rest on what the commit holds for this device alone. Its author can have given everybody else something else, and
 * others may well be in the state.
 */
const OWN_SECRETS: ReadonlySet<RefusalReason> = new Set(["undecryptable", "path-key-mismatch"] as const)
/** Refusals that rest on what no state id covers: its author can have signed another body with the good tags. */
const TAGS: ReadonlySet<RefusalReason> = new Set(["bad-confirmation-tag", "bad-membership-tag"] as const)

/** By the first body whose tags are good; what else is wrong with one of them is wrong with all. */
function processCommit(turn: Turn, uuid: string, node: ForestNode, parent: ForestNode | undefined): ForestNode {
  const { bodies, standing } = node
  const [tried, since] = standing.kind === "damaged" ? [standing.tried, standing.since] : [[], turn.now]
  for (const mls of bodies) {
    if (tried.includes(mls)) continue
    const processed = processBody(turn, uuid, { ...node, mls }, parent)
    if (processed !== undefined) return processed
  }
  return { ...node, standing: { kind: "damaged", tried: bodies, since } }
}

/** `undefined` where its tags are bad. */
function processBody(
  turn: Turn,
  uuid: string,
  node: ForestNode,
  parent: ForestNode | undefined,
): ForestNode | undefined {
  const refused = (kind: "invalid" | "barred"): ForestNode => ({ ...node, standing: { kind } })
  const state = stateOf(parent)
  if (parent === undefined || state === undefined) return node
  const received = turn.operate("decrypt", node.added.length > 0 ? "admission" : "upd", state, (mls) =>
    receive(mls, state, node.mls),
  )
  if (received.kind === "self-removed") return { ...node, standing: { kind: "excludes" } }
  if (received.kind === "refused" && TAGS.has(received.reason)) return undefined
  if (received.kind === "refused" && OWN_SECRETS.has(received.reason)) return refused("barred")
  if (received.kind !== "commit") return refused("invalid")
  const { next, authenticatedData } = received
  const agrees =
    stateIdOf(turn.crypto, next) === node.sid &&
    equalBytes(authenticatedData, commitAuthenticatedData(parent.sid, node.ops)) &&
    isRosterOf(next, node.roster)
  if (!agrees) return refused("invalid")
  const era = eraAfter(turn, uuid, parent, node.removed.length > 0, next)
  return { ...node, standing: { kind: "held", state: next }, era }
}

/**
 * Out is who is wanted no more, in a state that was chosen from the creation on and has no leaf for this device; or whose removal
 * was realised on another branch: who was removed is not given what would show that that one has won, and wherever the group goes,
 * it realises the removal.
 */
function leaveIfOut(turn: Turn, uuid: string): boolean {
  const group = turn.group(uuid)
  const chosen = group.forest.get(group.chosen)
  if (chosen === undefined || !isAttached(group) || group.membership.desired.has(turn.own.identity)) return false
  const alone = group.phase === "leaving" && peerIdsOf(turn, group).length === 0
  if (!alone && hasDevice(chosen.roster, turn.own.device) && !isRemovedElsewhere(group, turn.own.identity)) return false
  goOut(turn, uuid, group.phase === "leaving" ? "left" : "removed")
  return true
}

function isRemovedElsewhere({ forest, membership, operations }: Group, self: IdentityId): boolean {
  const outs = standingOuts(membership, operations, self).filter(({ change }) => change.kind === "remove")
  return [...forest.values()].some(
    ({ standing, ops }) => standing.kind === "excludes" && outs.some(({ hash }) => ops.includes(hash)),
  )
}
