import type { Milliseconds } from "@starling/kernel"

import { encodeKeyPackageRequest } from "../invitation/key-package-frames.ts"
import { CATCH_UP, MAX_SLOTS, RETRY_FIRST, SLOT, SLOT_START, SYNC_PERIOD } from "../limits.ts"
import { jitter } from "../peer/jitter.ts"
import type { Turn } from "../peer/turn.ts"
import { countUnderWay } from "../sync/ask-by-turns.ts"
import { rank } from "./choose-commit.ts"
import { commit } from "./commit.ts"
import { stateOf } from "./forest-node.ts"
import type { Group } from "./group.ts"
import { isOut } from "./membership.ts"
import { identitiesOf } from "./roster.ts"
import { workLeft, type WorkLeft } from "./work-left.ts"

/**
 * Brings the tree closer to what the operations ask for. Who asked for something commits at once; the others leave it a
 * moment, and then come in the order of rank, so that no single member is needed.
 */
export function reconcile(turn: Turn, uuid: string): void {
  const work = workLeft(turn.group(uuid), turn.own.identity)
  if (work.removals.length + work.additions.length === 0 && work.healing === "no") {
    const { open, dueAt } = turn.work(uuid)
    if (open !== undefined || dueAt !== undefined) turn.changeWork(uuid, { open: undefined, dueAt: undefined })
    return
  }
  const dueAt = since(turn, uuid, work) + slotOf(turn, turn.group(uuid))
  const due = dueAt <= turn.now
  const keyPackages = turn.work(uuid).keyPackages
  const ready = work.additions.some(({ device, op }) => op !== undefined && keyPackages.has(device.identity))
  const urgent = work.removals.some(({ own }) => own) || work.healing === "wanted" || ready
  // In a state that is about to be left, a commit would be one more branch.
  const settled = turn.now >= dueAt + CATCH_UP || countUnderWay(turn, uuid) === 0
  const overdue = due && settled && (work.removals.length > 0 || work.healing === "lost")
  if (urgent || overdue) {
    const { live } = turn.group(uuid)
    commit(turn, uuid, work)
    if (turn.group(uuid).live !== live) reconcile(turn, uuid)
    else turn.changeWork(uuid, { dueAt: turn.now + SYNC_PERIOD })
    return
  }
  const askAgain = askForKeyPackages(turn, uuid, work, due)
  const next = due ? (settled ? askAgain : turn.now + SLOT_START) : dueAt
  turn.changeWork(uuid, { dueAt: askAgain === undefined ? next : Math.min(next ?? askAgain, askAgain) })
}

/**
 * Removes at once whoever should be out of the live tree. False where somebody who is out stays in it, since this device
 * can't commit in the chosen state: then nothing may be encrypted.
 */
export function closeGate(turn: Turn, uuid: string): boolean {
  const work = workLeft(turn.group(uuid), turn.own.identity)
  if (work.removals.length > 0) commit(turn, uuid, work)
  const { forest, live, membership } = turn.group(uuid)
  return ![...identitiesOf(forest.get(live)?.roster ?? [])].some((identity) => isOut(membership, identity))
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

function slotOf(turn: Turn, group: Group): Milliseconds {
  const live = group.forest.get(group.live)
  const place = (identity: string): string => rank(turn.crypto, group.creation, (live?.epoch ?? 0) + 1, identity)
  const own = place(turn.own.identity)
  const before = [...identitiesOf(live?.roster ?? [])].filter((identity) => place(identity) < own).length
  const late = before < MAX_SLOTS ? 0 : jitter(turn, `slot ${group.live}`, 30_000)
  return SLOT_START + Math.min(before, MAX_SLOTS) * SLOT + late
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
      const again = turn.now + 5 * RETRY_FIRST
      turn.changeWork(uuid, { askAt: new Map(turn.work(uuid).askAt).set(device.identity, again) })
      const request = { kind: "key-package", peerId: device.peerId, group: uuid, identity: device.identity } as const
      turn.request("key-package", request, encodeKeyPackageRequest({ clock: turn.now, suite }))
    }
    const again = Math.max(askAt, turn.now + 5 * RETRY_FIRST)
    next = Math.min(next ?? again, again)
  }
  return next
}
