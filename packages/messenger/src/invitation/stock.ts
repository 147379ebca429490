import { equalBytes, toHex } from "@starling/kernel"
import { readKeyPackage, type KeyPackage } from "@starling/mls"

import { stateOf } from "../group/forest-node.ts"
import { isSameDevice, readDevice, type Device, type DeviceKey } from "../identity/device-certificate.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { KEY_PACKAGE_LIFETIME, MAX_AHEAD, RESTOCK_PAUSE, STOCK } from "../limits.ts"
import { decodeAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { toSeconds } from "./issued-key-package.ts"
import { decodeStockAnswer, encodeStockRequest } from "./stock-frames.ts"
import type { StockedKeyPackage } from "./stocked-key-package.ts"

/**
 * Asks contacts that are connected for KeyPackages ahead, where some were used or grow old: with them a contact can be
 * invited, or added once more, while it is away.
 */
export function restock(turn: Turn): void {
  for (const { device } of turn.state.durable.contacts.values()) {
    const { peerId } = device
    const askedAt = turn.state.restockedAt.get(peerId) ?? -Infinity
    if (!turn.isConnected(peerId) || turn.now - askedAt < RESTOCK_PAUSE) continue
    const lacking = suitesInUse(turn).filter((suite) => !isFull(turn, device.device, suite))
    if (lacking.length === 0) continue
    turn.state = { ...turn.state, restockedAt: new Map(turn.state.restockedAt).set(peerId, turn.now) }
    for (const suite of lacking) {
      const held = fresh(turn, device.device, suite).map(([reference]) => reference)
      const payload = encodeStockRequest({ clock: turn.now, suite, held: held.slice(0, MAX_AHEAD) })
      turn.request("key-package-stock", { kind: "key-package-stock", peerId, suite }, payload)
    }
  }
}

/** Keeps KeyPackages that a contact handed out ahead; whatever is not its own, or no good, is dropped. */
export function takeStock(turn: Turn, peerId: PeerId, suite: number, payload: Uint8Array): void {
  const contact = [...turn.state.durable.contacts.values()].find(({ device }) => device.peerId === peerId)
  const answer = decodeAnswer(payload)
  if (contact === undefined || answer.kind !== "ok" || answer.value.status !== "ok") return
  const frame = decodeStockAnswer(answer.value.body)
  if (frame.kind !== "ok") return
  const { single, lastResort } = frame.value
  const { device } = contact
  const held = fresh(turn, device.device, suite)
  for (const message of single.slice(0, STOCK - held.filter(([, each]) => !each.lastResort).length))
    keep(turn, device, { suite, lastResort: false, message })
  const others = [...turn.state.durable.stock].filter(([, each]) => each.device === device.device && each.lastResort)
  if (lastResort !== undefined && keep(turn, device, { suite, lastResort: true, message: lastResort }))
    drop(
      turn,
      others.filter(([, each]) => each.suite === suite).map(([reference]) => reference),
    )
}

/** A KeyPackage with which `device` can be added though it is away: one of last resort where there is no other. */
export function findInStock(turn: Turn, device: Device, suite: number): KeyPackage | undefined {
  const candidates = [...turn.state.durable.stock]
    .filter(([, each]) => each.device === device.device && each.suite === suite)
    .sort(([, a], [, b]) => Number(a.lastResort) - Number(b.lastResort) || a.heldAt - b.heldAt)
  for (const [reference, { message }] of candidates) {
    const read = readStocked(turn, suite, message)
    if (read === undefined) drop(turn, [reference])
    // An addition can name a device for somebody else: what that one handed out stays.
    else if (isSameDevice(read.bearer, device)) return read.keyPackage
  }
  return undefined
}

/** A KeyPackage that was used for an invitation is for no other, unless it is the last resort. */
export function spendStock(turn: Turn, keyPackage: KeyPackage): void {
  for (const [reference, stocked] of entriesOf(turn, keyPackage)) {
    if (stocked.lastResort) put(turn, reference, { ...stocked, used: true })
    else drop(turn, [reference])
  }
}

/** A KeyPackage that was found to be unusable is not tried again. */
export function refuseStock(turn: Turn, keyPackage: KeyPackage): void {
  drop(
    turn,
    entriesOf(turn, keyPackage).map(([reference]) => reference),
  )
}

/** Lets go of all that a device handed out: it has forgotten them. It is asked for others when the connection allows. */
export function dropStockOf(turn: Turn, device: DeviceKey): void {
  const ofDevice = [...turn.state.durable.stock].filter(([, each]) => each.device === device)
  drop(
    turn,
    ofDevice.map(([reference]) => reference),
  )
}

/** Lets go of KeyPackages of others that have expired. */
export function pruneStock(turn: Turn): void {
  const old = [...turn.state.durable.stock].filter(([, { heldAt }]) => turn.now - heldAt >= KEY_PACKAGE_LIFETIME)
  drop(
    turn,
    old.map(([reference]) => reference),
  )
}

/** Those of new groups, and of the groups that this device is in. */
function suitesInUse(turn: Turn): readonly number[] {
  const suites = new Set<number>([turn.env.suites.forNewGroups.crypto.suite.id])
  for (const { forest, live, phase } of turn.state.durable.groups.values()) {
    const suite = stateOf(forest.get(live))?.ciphersuite
    if (phase === "active" && suite !== undefined) suites.add(suite)
  }
  return [...suites]
}

function isFull(turn: Turn, device: DeviceKey, suite: number): boolean {
  const held = fresh(turn, device, suite)
  return held.length > STOCK && held.some(([, { lastResort }]) => lastResort)
}

/** Those that need no others in their place. */
function fresh(turn: Turn, device: DeviceKey, suite: number): (readonly [string, StockedKeyPackage])[] {
  return [...turn.state.durable.stock].filter(
    ([, each]) =>
      each.device === device && each.suite === suite && !each.used && turn.now - each.heldAt < KEY_PACKAGE_LIFETIME / 2,
  )
}

function keep(
  turn: Turn,
  device: Device,
  stocked: Pick<StockedKeyPackage, "suite" | "lastResort" | "message">,
): boolean {
  const read = readStocked(turn, stocked.suite, stocked.message)
  if (read === undefined || !isSameDevice(read.bearer, device)) return false
  put(turn, toHex(read.reference), { ...stocked, device: device.device, used: false, heldAt: turn.now })
  return true
}

function readStocked(
  turn: Turn,
  suite: number,
  message: Uint8Array,
): { readonly keyPackage: KeyPackage; readonly reference: Uint8Array; readonly bearer: Device } | undefined {
  const mls = turn.env.suites.of(suite)
  const read = mls === undefined ? undefined : readKeyPackage(mls, message, toSeconds(turn.now))
  if (read?.kind !== "ok") return undefined
  const { credential } = read.keyPackage.leafNode
  const bearer = credential.kind === "basic" ? readDevice(turn.crypto, credential.identity) : undefined
  return bearer?.kind === "ok" ? { ...read, bearer: bearer.value } : undefined
}

function entriesOf(turn: Turn, { encoded }: KeyPackage): (readonly [string, StockedKeyPackage])[] {
  return [...turn.state.durable.stock].filter(([, { message }]) =>
    equalBytes(message.subarray(message.length - encoded.length), encoded),
  )
}

function put(turn: Turn, reference: string, stocked: StockedKeyPackage): void {
  turn.setDurable({ stock: new Map(turn.state.durable.stock).set(reference, stocked) })
}

function drop(turn: Turn, references: readonly string[]): void {
  if (references.length === 0) return
  const stock = new Map(turn.state.durable.stock)
  for (const reference of references) stock.delete(reference)
  turn.setDurable({ stock })
}
