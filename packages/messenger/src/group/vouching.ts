import type { DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { MAX_HALVINGS_OF_LOG, PLACES, PLACES_SHARE } from "../limits.ts"
import type { RecordHash } from "../record/record.ts"
import { depthOf, precedes, type CausalPasts } from "./causal-past.ts"
import type { KnownOperation, Operations } from "./membership.ts"
import type { Authority } from "./roles.ts"

/** Who answers for which devices, and so how much of what these sign members keep. Of the operations alone; it only grows. */
export interface Vouching {
  /** Whether an addition is within what its author may bring in: said once for all, by what the author knew. */
  readonly admits: (op: KnownOperation) => boolean
  /** The devices whose records are kept, each with how often the log of one brought in by an admin is halved for it. */
  readonly vouched: ReadonlyMap<DeviceKey, number>
  /** How many more devices one may bring in that is no admin's; those that it has brought in are counted. */
  readonly placesLeft: ReadonlyMap<DeviceKey, number>
}

/** By one addition: how many devices the added one, and those that it brings in, may bring in; and how far from an admin it is. */
interface Grant {
  readonly by: RecordHash
  readonly places: number
  readonly distance: number
}

const TRUSTED = { places: Number.POSITIVE_INFINITY, distance: 0 }
const NOTHING = { places: 0, distance: Number.POSITIVE_INFINITY }

/**
 * The creator, and who was an admin by what they knew, bring in whom they want. Anybody else has so many places, of which each
 * device that they bring in takes one, and a share of those that are left for whom it brings in itself: so that all who owe their
 * membership to one plain member are no more than that member's places, however many of them sign. To bring somebody in anew
 * takes none. An addition by a device that no addition in its own past admits counts for nothing.
 */
export function resolveVouching(
  operations: Operations,
  pasts: CausalPasts,
  creator: { readonly identity: IdentityId; readonly device: DeviceKey },
  { permits, roleAt }: Pick<Authority, "permits" | "roleAt">,
): Vouching {
  const grants = new Map<DeviceKey, Grant[]>()
  const spent = new Map<RecordHash, number>()
  const admitted = new Set<RecordHash>()
  const knownGrants = (op: KnownOperation, device: DeviceKey): Grant[] =>
    (grants.get(device) ?? []).filter(({ by }) => precedes(pasts, by, op.hash))
  const standingOf = (op: KnownOperation): Omit<Grant, "by"> => {
    if (op.device === creator.device || roleAt(op, op.author) !== "member") return TRUSTED
    return knownGrants(op, op.device).reduce(better, NOTHING)
  }
  for (const op of eachAfterItsPast(operations, pasts)) {
    const before = spent.get(op.previous ?? "") ?? 0
    spent.set(op.hash, before)
    if (op.change.kind !== "add" || !permits(op)) continue
    const { device } = op.change.device
    const { places, distance } = standingOf(op)
    if (places === TRUSTED.places) {
      grant(grants, device, { by: op.hash, places: PLACES, distance: 1 })
    } else if (distance === NOTHING.distance) {
      continue
    } else if (device !== op.device && device !== creator.device && knownGrants(op, device).length === 0) {
      if (before >= places) continue
      const share = Math.floor((places - before - 1) / PLACES_SHARE)
      spent.set(op.hash, before + 1 + share)
      grant(grants, device, { by: op.hash, places: share, distance: distance + 1 })
    }
    admitted.add(op.hash)
  }
  const taken = new Map<DeviceKey, number>()
  for (const { hash, device } of operations.values())
    taken.set(device, Math.max(taken.get(device) ?? 0, spent.get(hash) ?? 0))
  const vouched = new Map([[creator.device, 0]])
  const placesLeft = new Map([[creator.device, TRUSTED.places]])
  for (const [device, given] of grants) {
    if (device === creator.device) continue
    const { places, distance } = given.reduce(better, NOTHING)
    vouched.set(device, halvings(distance))
    placesLeft.set(device, places - (taken.get(device) ?? 0))
  }
  return { admits: ({ hash, change }) => change.kind !== "add" || admitted.has(hash), vouched, placesLeft }
}

function better(one: Omit<Grant, "by">, other: Omit<Grant, "by">): Omit<Grant, "by"> {
  return { places: Math.max(one.places, other.places), distance: Math.min(one.distance, other.distance) }
}

function halvings(distance: number): number {
  return Math.min(2 * (distance - 1), MAX_HALVINGS_OF_LOG)
}

function grant(grants: Map<DeviceKey, Grant[]>, device: DeviceKey, given: Grant): void {
  const others = grants.get(device)
  if (others === undefined) grants.set(device, [given])
  else others.push(given)
}

function eachAfterItsPast(operations: Operations, pasts: CausalPasts): KnownOperation[] {
  const deep = Array.from(operations.values(), (op) => ({ op, depth: depthOf(pasts, op.hash) }))
  return deep.sort((a, b) => a.depth - b.depth || (a.op.hash < b.op.hash ? -1 : 1)).map(({ op }) => op)
}
