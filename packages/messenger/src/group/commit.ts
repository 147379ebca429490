import { toHex, type Bytes } from "@starling/kernel"
import { createCommit, type CreatedCommit, type ProposalIntent, type Refused } from "@starling/mls"

import type { DeviceKey } from "../identity/device-certificate.ts"
import { encodeInvitation } from "../invitation/invitation-frame.ts"
import { toSeconds } from "../invitation/issued-key-package.ts"
import { queueInvitation } from "../invitation/outbox.ts"
import { refuseStock, spendStock } from "../invitation/stock.ts"
import { MAX_ADDITIONS } from "../limits.ts"
import { joinVectors, type MessageVector } from "../message/seq-set.ts"
import type { Turn } from "../peer/turn.ts"
import { commitAuthenticatedData, encodeCommitRecord } from "../record/commit-record.ts"
import type { StateId } from "../record/operation.ts"
import { RECORD_KINDS, type RecordHash } from "../record/record.ts"
import { authorOperation, authorRecord, knownOperations, ownRoom } from "./author-record.ts"
import { beginEra, type Era } from "./era.ts"
import { ancestry, stateOf, type ForestNode } from "./forest-node.ts"
import { encodeJoining, JOINING_EXTENSION } from "./group-extensions.ts"
import { stateIdOf } from "./group-id.ts"
import { hasDevice, rosterOf } from "./roster.ts"
import { withTips } from "./tips.ts"
import type { Addition, Removal, WorkLeft } from "./work-left.ts"

type AddIntent = Extract<ProposalIntent, { readonly kind: "add" }>

interface Planned {
  readonly removals: readonly Removal[]
  readonly additions: readonly (Addition & { readonly proposal: AddIntent })[]
}

/**
 * Commits in the live state: all removals, the additions whose KeyPackages are here, and fresh keys for this device. The
 * state that follows is part of the step before anything is published, since no device can process its own commit. Where
 * something that a peer made stands in the way, the work is left undone.
 */
export function commit(turn: Turn, uuid: string, work: WorkLeft): void {
  if (!ownRoom(turn.group(uuid), turn.own.device).canCommit) return
  const planned = plan(turn, uuid, work)
  const group = turn.group(uuid)
  const parent = group.forest.get(group.live)
  const state = stateOf(parent)
  if (parent === undefined || state === undefined) throw new Error("a commit is made in a state that is held")
  const ops = citations(planned)
  const removes = planned.removals.map(({ leafIndex }) => ({ kind: "remove", leafIndex }) as const)
  const eraKey = removes.length > 0 ? undefined : parent.era?.key
  const joining = encodeJoining({
    eraKey,
    frontier: knownOperations(turn.group(uuid), turn.own.device),
    past: pastFor(turn, uuid, planned.additions),
  })
  const created = turn.operate("encrypt", planned.additions.length > 0 ? "invitation" : "upd", state, (mls) =>
    createCommit(mls, state, {
      proposals: [...removes, ...planned.additions.map(({ proposal }) => proposal)],
      authenticatedData: commitAuthenticatedData(parent.sid, ops),
      groupInfoExtensions: [{ type: JOINING_EXTENSION, data: joining }],
      now: toSeconds(turn.now),
      path: true,
    }),
  )
  if (created.kind === "ok") {
    adopt(turn, uuid, { parent, before: state.interimTranscriptHash, planned, ops, created })
    return
  }
  if (planned.additions.length === 0) {
    noteBlocked(turn, uuid, parent.sid, created)
    return
  }
  refuseKeyPackages(turn, uuid, planned, created)
  if (removes.length > 0 || work.healing !== "no") commit(turn, uuid, { ...work, additions: [] })
}

/** What is in the tree was put there by members: what can't be done with it stays undone, and is tried again later. */
function noteBlocked(turn: Turn, uuid: string, sid: StateId, { reason, section }: Refused): void {
  if (turn.work(uuid).blockedIn === sid) return
  turn.changeWork(uuid, { blockedIn: sid })
  const { name } = turn.group(uuid).founding
  const text = `The keys of the group “${name}” cannot be renewed: a member's key is not acceptable (${reason}, ${section}).`
  turn.notify({ kind: "trouble", code: "commit-refused", text })
}

/** A KeyPackage that can't be added is asked for again, later. */
function refuseKeyPackages(turn: Turn, uuid: string, { additions }: Planned, { reason, section }: Refused): void {
  const keyPackages = new Map(turn.work(uuid).keyPackages)
  for (const { device } of additions) keyPackages.delete(device.identity)
  for (const { proposal } of additions) refuseStock(turn, proposal.keyPackage)
  turn.changeWork(uuid, { keyPackages })
  const text = `Somebody could not be added to the group: the key they gave is not acceptable (${reason}, ${section}).`
  turn.notify({ kind: "trouble", code: "key-package-refused", text })
}

interface Made {
  readonly parent: ForestNode
  /** The parent's interim transcript hash. */
  readonly before: Bytes
  readonly planned: Planned
  readonly ops: readonly RecordHash[]
  readonly created: CreatedCommit
}

function adopt(turn: Turn, uuid: string, { parent, before, planned, ops, created }: Made): void {
  const { next, commit: mls, welcome } = created
  const sid = stateIdOf(turn.crypto, next)
  const [epoch, at] = [parent.epoch + 1, turn.now]
  const body = encodeCommitRecord({ parent: parent.sid, sid, before, epoch, at, ops, mls })
  authorRecord(turn, uuid, RECORD_KINDS.commit, body, parent.era)
  const group = turn.group(uuid)
  const node: ForestNode = {
    sid,
    parent: parent.sid,
    epoch,
    author: turn.own.identity,
    device: turn.own.device,
    at,
    ops,
    mls,
    bodies: [mls],
    interims: new Set([toHex(next.interimTranscriptHash)]),
    ...describe(planned, group.operations),
    roster: ops.length === 0 ? parent.roster : rosterOf(turn.crypto, next, parent.roster),
    standing: { kind: "held", state: next },
    era: eraAfter(turn, uuid, parent, planned.removals.length > 0, next),
    placedAt: turn.now,
  }
  const healing = group.healing === undefined ? undefined : ({ kind: "done", sid, at } as const)
  turn.putGroup(withTips(turn.crypto, { ...group, healing, forest: new Map(group.forest).set(sid, node) }))
  const invited = new Set(planned.additions.map(({ device }) => device.identity))
  const keyPackages = [...turn.work(uuid).keyPackages].filter(([identity]) => !invited.has(identity))
  turn.changeWork(uuid, { keyPackages: new Map(keyPackages) })
  for (const { proposal } of planned.additions) spendStock(turn, proposal.keyPackage)
  if (welcome === undefined) return
  const invitation = encodeInvitation({ at, welcome })
  for (const { device } of planned.additions) queueInvitation(turn, uuid, device, sid, invitation)
}

/** The era after a commit: a new one where somebody was removed. */
export function eraAfter(
  turn: Turn,
  uuid: string,
  parent: ForestNode,
  removes: boolean,
  state: Parameters<typeof beginEra>[1],
): Era | undefined {
  return removes ? beginEra(turn.mlsOf(state), state, turn.state.plainTopics ? uuid : undefined) : parent.era
}

function plan(turn: Turn, uuid: string, work: WorkLeft): Planned {
  const after = turn.group(uuid).live
  const removals = work.removals.flatMap((removal) => {
    if (removal.op !== undefined) return [removal]
    if (ownRoom(turn.group(uuid), turn.own.device).unasked < 1) return []
    const { hash: op } = authorOperation(turn, uuid, { kind: "remove", identity: removal.identity, after })
    return [{ ...removal, op }]
  })
  const additions = work.additions.flatMap((addition) => {
    const keyPackage = turn.work(uuid).keyPackages.get(addition.device.identity)
    if (keyPackage === undefined || addition.op === undefined) return []
    return [{ ...addition, proposal: { kind: "add", keyPackage } as const }]
  })
  return { removals, additions: additions.slice(0, MAX_ADDITIONS) }
}

function citations({ removals, additions }: Planned): RecordHash[] {
  return [...new Set([...removals, ...additions].flatMap(({ op }) => op ?? []))]
}

function describe(
  { removals, additions }: Planned,
  operations: ReadonlyMap<RecordHash, { readonly change: { readonly kind: string } }>,
): Pick<ForestNode, "reason" | "added" | "removed"> {
  const added = additions.map(({ device }) => device.identity)
  const removed = removals.map(({ identity }) => identity)
  const forced = removals.some(({ op }) => operations.get(op ?? "")?.change.kind === "remove")
  if (removed.length > 0) return { reason: forced ? "removed" : "left", added, removed }
  return { reason: added.length > 0 ? "added" : "healed", added, removed }
}

/**
 * Messages that no joiner of this commit is meant to have; empty where one of them gets a new leaf in place of its own, or comes from a branch
 * beside this one. Who was here, and out in between, is told by this what was said meanwhile.
 */
function pastFor(turn: Turn, uuid: string, additions: readonly Addition[]): MessageVector {
  const { forest, live, held, past } = turn.group(uuid)
  const nodes = [...forest.values()]
  const path = ancestry(forest, live)
  const isIn = (node: ForestNode | undefined, device: DeviceKey): boolean => hasDevice(node?.roster ?? [], device)
  const isNew = ({ device: { device } }: Addition): boolean =>
    !isIn(path[0], device) && (path.some((node) => isIn(node, device)) || !nodes.some((node) => isIn(node, device)))
  return additions.length > 0 && additions.every(isNew) ? joinVectors(held, past) : new Map()
}
