import type { Milliseconds } from "@starling/kernel"

import { encodeKeyPackageRequest } from "../invitation/key-package-frames.ts"
import { findInStock } from "../invitation/stock.ts"
import {
  BATCH_PATIENCE,
  CATCH_UP,
  MAX_SLOTS,
  RENEWAL_BATCH,
  RENEWAL_PATIENCE,
  RETRY_FIRST,
  SLOT,
  SLOT_START,
  SYNC_PERIOD,
} from "../limits.ts"
import { jitter } from "../peer/jitter.ts"
import type { Turn } from "../peer/turn.ts"
import { countUnderWay } from "../sync/ask-by-turns.ts"
import { rank } from "./choose-commit.ts"
import { commit } from "./commit.ts"
import { stateOf } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { isOut } from "./membership.ts"
import { renewableAt } from "./renewal-pace.ts"
import { identitiesOf } from "./roster.ts"
import { workLeft, type Removal, type WorkLeft } from "./work-left.ts"

/** Between two requests for one person's KeyPackage. */
const ASK_AGAIN = 5 * RETRY_FIRST

/**
 * Brings the tree closer to what the operations ask for. Who asked for something commits at once; the others leave it a
 * moment, and then come in the order of rank, so that no single member is needed. Devices that want to be added anew are
 * left a moment longer, so that one commit does it for all of them, and keep their leaves until their KeyPackages are here.
 */
export function reconcile(turn: Turn, uuid: string): void {
  const { work, laterAt } = paced(turn, uuid, workLeft(turn.group(uuid), turn.own.identity))
  if (work.removals.length + work.additions.length === 0 && work.healing === "no") {
    const { open, dueAt } = turn.work(uuid)
    if (open !== undefined || dueAt !== laterAt) turn.changeWork(uuid, { open: undefined, dueAt: laterAt })
    return
  }
  const pressing = work.removals.filter((removal) => !isRenewal(turn.group(uuid), removal))
  const batch = work.removals.length > pressing.length ? RENEWAL_BATCH : 0
  const dueAt = since(turn, uuid, work) + slotOf(turn, turn.group(uuid)) + batch
  const due = dueAt <= turn.now
  takeFromStock(turn, uuid, work, due)
  const keyPackages = turn.work(uuid).keyPackages
  const ready = work.additions.some(({ device, op }) => op !== undefined && keyPackages.has(device.identity))
  const batchedAt = ready ? waitsUntil(turn, uuid, work) : undefined
  const urgent = work.removals.some(({ own }) => own) || work.healing === "wanted" || (ready && batchedAt === undefined)
  const isLate = work.removals.length > 0 && dueAt + RENEWAL_PATIENCE <= turn.now
  // In a state that is about to be left, a commit would be one more branch.
  const settled = turn.now >= dueAt + CATCH_UP || countUnderWay(turn, uuid) === 0
  const overdue = due && settled && (pressing.length > 0 || work.healing === "lost" || isLate)
  if (urgent || overdue) {
    const { live } = turn.group(uuid)
    commit(turn, uuid, work)
    if (turn.group(uuid).live !== live) reconcile(turn, uuid)
    else turn.changeWork(uuid, { dueAt: turn.now + SYNC_PERIOD })
    return
  }
  const askAgain = askForKeyPackages(turn, uuid, work, due)
  const lateAt = work.removals.length > 0 ? dueAt + RENEWAL_PATIENCE : undefined
  const next = due ? (settled ? lateAt : turn.now + SLOT_START) : dueAt
  turn.changeWork(uuid, { dueAt: earliest(askAgain, next, batchedAt, laterAt) })
}

/** Without the leaves that were renewed too often of late: nothing else waits for them. `laterAt`: when the first has its turn. */
function paced(
  turn: Turn,
  uuid: string,
  work: WorkLeft,
): { readonly work: WorkLeft; readonly laterAt: Milliseconds | undefined } {
  const group = turn.group(uuid)
  const timeOf = (removal: Removal): Milliseconds =>
    isRenewal(group, removal) ? renewableAt(group, removal.identity, turn.now) : turn.now
  const later = work.removals.filter((removal) => timeOf(removal) > turn.now)
  if (later.length === 0) return { work, laterAt: undefined }
  const removals = work.removals.filter((removal) => !later.includes(removal))
  return { work: { ...work, removals }, laterAt: earliest(...later.map(timeOf)) }
}

/**
 * Removes at once whoever should be out of the live tree. False where somebody who is out stays in it, since this device
 * can't commit in the chosen state: then nothing may be encrypted.
 */
export function closeGate(turn: Turn, uuid: string): boolean {
  const work = workLeft(turn.group(uuid), turn.own.identity)
  if (work.removals.some((removal) => !isRenewal(turn.group(uuid), removal))) commit(turn, uuid, work)
  const { forest, live, membership } = turn.group(uuid)
  return ![...identitiesOf(forest.get(live)?.roster ?? [])].some((identity) => isOut(membership, identity))
}

/** True where a device that is wanted asks for another leaf itself. */
function isRenewal({ operations, membership }: Group, { identity, op }: Removal): boolean {
  return membership.desired.has(identity) && operations.get(op ?? "")?.change.kind === "leave"
}

/** Until when a commit waits for KeyPackages that were asked for just now, so as to add everybody at once. */
function waitsUntil(turn: Turn, uuid: string, work: WorkLeft): Milliseconds | undefined {
  const { askAt, keyPackages } = turn.work(uuid)
  const asked = new Set(
    [...turn.state.requests.values()].flatMap((request) =>
      request.kind === "key-package" && request.group === uuid ? [request.identity] : [],
    ),
  )
  const times = work.additions.flatMap(({ device: { identity } }) =>
    asked.has(identity) && !keyPackages.has(identity) ? [(askAt.get(identity) ?? 0) - ASK_AGAIN + BATCH_PATIENCE] : [],
  )
  const last = Math.max(...times)
  return last > turn.now ? last : undefined
}

function earliest(...times: readonly (Milliseconds | undefined)[]): Milliseconds | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

/** Since when this very work has been open in this very state. */
function since(turn: Turn, uuid: string, work: WorkLeft): Milliseconds {
  const parts = [
    ...work.removals.map(({ identity }) => `-${identity}`),
    ...work.additions.map(({ device }) => `+${device.identity}`),
  ]
  const name = [turn.group(uuid).live, work.healing, ...parts.sort()].join(" ")
  const { open } = turn.work(uuid)
  if (open?.name === name) return open.since
  turn.changeWork(uuid, { open: { name, since: turn.now } })
  return turn.now
}

/** How long this member leaves a common task in the live state to those of lower rank. */
export function slotOf(turn: Turn, group: Group): Milliseconds {
  const live = group.forest.get(group.live)
  const place = (identity: string): string => rank(turn.crypto, group.creation, (live?.epoch ?? 0) + 1, identity)
  const own = place(turn.own.identity)
  const before = [...identitiesOf(live?.roster ?? [])].filter((identity) => place(identity) < own).length
  const late = before < MAX_SLOTS ? 0 : jitter(turn, `slot ${group.live}`, 30_000)
  return SLOT_START + Math.min(before, MAX_SLOTS) * SLOT + late
}

/** Takes KeyPackages that were handed out ahead for people who should be added and are away. */
function takeFromStock(turn: Turn, uuid: string, work: WorkLeft, due: boolean): void {
  const suite = stateOf(turn.group(uuid).forest.get(turn.group(uuid).live))?.ciphersuite
  if (suite === undefined) return
  for (const { device, op, own } of work.additions) {
    const { keyPackages } = turn.work(uuid)
    if (op === undefined || (!own && !due) || turn.isConnected(device.peerId) || keyPackages.has(device.identity))
      continue
    const keyPackage = findInStock(turn, device, suite)
    if (keyPackage !== undefined)
      turn.changeWork(uuid, { keyPackages: new Map(keyPackages).set(device.identity, keyPackage) })
  }
}

/** Asks people who should be added, where they are connected. Returns when to ask again. */
function askForKeyPackages(turn: Turn, uuid: string, work: WorkLeft, due: boolean): Milliseconds | undefined {
  let next: Milliseconds | undefined
  const suite = stateOf(turn.group(uuid).forest.get(turn.group(uuid).live))?.ciphersuite
  if (suite === undefined) return undefined
  for (const { device, op, own } of work.additions) {
    if (op === undefined || (!own && !due) || !turn.isConnected(device.peerId)) continue
    const askAt = turn.work(uuid).askAt.get(device.identity) ?? 0
    if (askAt <= turn.now) {
      const again = turn.now + ASK_AGAIN
      turn.changeWork(uuid, { askAt: new Map(turn.work(uuid).askAt).set(device.identity, again) })
      const request = { kind: "key-package", peerId: device.peerId, group: uuid, identity: device.identity } as const
      turn.request("key-package", request, encodeKeyPackageRequest({ clock: turn.now, suite }))
    }
    const again = Math.max(askAt, turn.now + ASK_AGAIN)
    next = Math.min(next ?? again, again)
  }
  return next
}
