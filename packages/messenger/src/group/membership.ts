import { assertNever } from "@starling/kernel"

import type { Device, DeviceKey } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { Change, Policy, Role } from "../record/operation.ts"
import type { RecordHash } from "../record/record.ts"
import { causalPasts, depthOf, precedes, type CausalPasts } from "./causal-past.ts"
import type { Founding } from "./group-extensions.ts"
import { resolveAuthority, type Authority } from "./roles.ts"
import { resolveVouching, type Vouching } from "./vouching.ts"

/** An operation in a group's set, with its author. */
export interface KnownOperation {
  readonly hash: RecordHash
  readonly author: IdentityId
  readonly device: DeviceKey
  readonly change: Change
  readonly deps: readonly RecordHash[]
  /** The operation before it in its device's log, which it depends on too. */
  readonly previous: RecordHash | undefined
}
export type Operations = ReadonlyMap<RecordHash, KnownOperation>

export interface Membership {
  /** Who should be a member, with the device to add. */
  readonly desired: ReadonlyMap<
    IdentityId,
    { readonly device: Device; readonly name: string; readonly add: RecordHash | undefined }
  >
  /** Removals in force (of somebody who may have been added again since), and people who left. */
  readonly removals: readonly KnownOperation[]
  readonly leaves: readonly KnownOperation[]
  readonly pasts: CausalPasts
  /** Lower for who was wanted earlier. */
  readonly seniority: ReadonlyMap<IdentityId, number>
  /** Of those who are no plain members. */
  readonly roles: ReadonlyMap<IdentityId, Role>
  readonly policy: Policy
  /** Whether `op`, which counts, adds the one whom `removal` removed, knowing of it. */
  readonly readmits: (op: KnownOperation, removal: KnownOperation) => boolean
  /** Whether an operation's author was entitled to it, by what it knew. */
  readonly permits: (op: KnownOperation) => boolean
  readonly vouched: Vouching["vouched"]
  readonly placesLeft: Vouching["placesLeft"]
}

/**
 * Who should be a member: a pure function of the set of operations, whatever order they came in.
 *
 * The creator is a member and owner; members add and remove as their roles and the policy let them. A removal beats an addition that it does not know of; an
 * addition that knows of the removal admits again. What a removed member did concurrently with the removal is void.
 * Where members remove each other, the senior one's removal stands (the creator first, then by depth of the first
 * addition, then by its hash). `before` spares the work that was done for a part of the operations.
 */
export function resolveMembership(
  operations: Operations,
  { creator, creatorName, policy: founded }: Pick<Founding, "creator" | "creatorName" | "policy">,
  before?: Membership,
): Membership {
  const pasts = causalPasts(operations, before?.pasts)
  const authorityOf = (standing: (op: KnownOperation) => boolean): Authority =>
    resolveAuthority(operations, pasts, creator.identity, founded, standing)
  const unrevised = authorityOf(() => true)
  const { admits, ...vouching } = resolveVouching(operations, pasts, creator, unrevised)
  const permits = (op: KnownOperation): boolean => unrevised.permits(op) && admits(op)
  const additions = [...operations.values()].filter(({ change }) => change.kind === "add")
  const seniority = rankBySeniority(additions.filter(permits), pasts, creator.identity)
  const everybody = new Set([...additions.map(subjectOf), creator.identity])
  const resolve = (authority: Authority, admitted: ReadonlySet<IdentityId>): Resolved =>
    resolveOnce(
      operations,
      pasts,
      seniority,
      creator.identity,
      (op) => admitted.has(op.author) && authority.entitles(op) && admits(op),
    )
  const first = resolve(unrevised, everybody)
  const authority = authorityOf(first.isStanding)
  const { removals, adds, leaves, readmitting } = resolve(authority, first.admitted)
  const desired = new Map<IdentityId, { device: Device; name: string; add: RecordHash | undefined }>()
  const outs = Map.groupBy([...removals, ...leaves], subjectOf)
  if (!outs.has(creator.identity)) desired.set(creator.identity, { device: creator, name: creatorName, add: undefined })
  for (const add of adds.toSorted((a, b) => (a.hash < b.hash ? -1 : 1))) {
    if (add.change.kind !== "add") continue
    const { device, name } = add.change
    if (desired.has(device.identity)) continue
    const standing = (outs.get(device.identity) ?? []).every((out) => precedes(pasts, out.hash, add.hash))
    if (standing) desired.set(device.identity, { device, name, add: add.hash })
  }
  const { roles, policy } = authority
  return { desired, removals, leaves, pasts, seniority, roles, policy, permits, ...vouching, readmits: readmitting }
}

interface Resolved {
  readonly removals: readonly KnownOperation[]
  readonly adds: readonly KnownOperation[]
  readonly leaves: readonly KnownOperation[]
  /** Everybody who was validly added at some time. */
  readonly admitted: ReadonlySet<IdentityId>
  /** False for what a removal of its author voids. */
  readonly isStanding: (op: KnownOperation) => boolean
  readonly readmitting: Membership["readmits"]
}

/** One evaluation in which only what is `entitled` counts. */
function resolveOnce(
  operations: Operations,
  pasts: CausalPasts,
  seniority: ReadonlyMap<IdentityId, number>,
  creator: IdentityId,
  entitled: (op: KnownOperation) => boolean,
): Resolved {
  const all = [...operations.values()]
  const bySeniority = all
    .filter((op) => op.change.kind === "remove" && entitled(op))
    .sort((a, b) => rankOf(seniority, a) - rankOf(seniority, b) || (a.hash < b.hash ? -1 : 1))
  const additions = Map.groupBy(all, (op) => (op.change.kind === "add" && entitled(op) ? subjectOf(op) : undefined))
  const removals: KnownOperation[] = []
  const against = new Map<IdentityId, KnownOperation[]>()
  const sound = new Map<RecordHash, boolean>()
  const additionsBefore = (op: KnownOperation): KnownOperation[] =>
    (additions.get(op.author) ?? []).filter(({ hash }) => precedes(pasts, hash, op.hash))
  const returned = (op: KnownOperation, removal: KnownOperation): boolean =>
    additionsBefore(op).some((addition) => readmits(addition, removal, pasts) && isSound(addition))
  const isStanding = (op: KnownOperation): boolean =>
    (against.get(op.author) ?? []).every(
      (removal) => removal.hash === op.hash || precedes(pasts, op.hash, removal.hash) || returned(op, removal),
    )
  // By somebody who was a member as far as it knew itself: nobody comes back by their own word, or by that of whom they add.
  const isSound = (addition: KnownOperation): boolean => {
    const known = sound.get(addition.hash)
    if (known !== undefined) return known
    const isMembers = addition.author === creator || additionsBefore(addition).some(isSound)
    const answer = isMembers && isStanding(addition)
    sound.set(addition.hash, answer)
    return answer
  }
  for (const op of bySeniority) {
    if (!isStanding(op)) continue
    removals.push(op)
    sound.clear()
    const others = against.get(subjectOf(op))
    if (others === undefined) against.set(subjectOf(op), [op])
    else others.push(op)
  }
  const standing = all.filter(isStanding)
  const leaves = standing.filter((op) => op.change.kind === "leave")
  const admitted = new Set([creator])
  const adds = new Set<KnownOperation>()
  for (let before = -1; before !== adds.size;) {
    before = adds.size
    for (const op of standing) {
      if (op.change.kind !== "add" || !admitted.has(op.author) || !entitled(op)) continue
      adds.add(op)
      admitted.add(op.change.device.identity)
    }
  }
  const readmitting = (op: KnownOperation, removal: KnownOperation): boolean =>
    readmits(op, removal, pasts) && entitled(op) && isSound(op)
  return { removals, adds: [...adds], leaves, admitted, isStanding, readmitting }
}

/** True where `op` adds the one whom `removal` removed, knowing of it. */
function readmits(op: KnownOperation, removal: KnownOperation, pasts: CausalPasts): boolean {
  if (op.change.kind !== "add" || op.change.device.identity !== subjectOf(removal)) return false
  return precedes(pasts, removal.hash, op.hash)
}

/** True for somebody who left or was removed. Who has not caught up yet may miss others in `desired`, but not so here. */
export function isOut({ desired, removals, leaves }: Membership, identity: IdentityId): boolean {
  return !desired.has(identity) && [...removals, ...leaves].some((op) => subjectOf(op) === identity)
}

/** True for somebody whom others removed, and who was not added again. */
export function isExpelled({ desired, removals }: Membership, identity: IdentityId): boolean {
  return !desired.has(identity) && removals.some((op) => subjectOf(op) === identity)
}

export function roleOf({ roles }: Membership, identity: IdentityId): Role {
  return roles.get(identity) ?? "member"
}

/** The removal or the leave that keeps somebody out: one of `preferred` where there is one. */
export function standingOut(
  membership: Membership,
  operations: Operations,
  identity: IdentityId,
  preferred: IdentityId,
): KnownOperation | undefined {
  const candidates = standingOuts(membership, operations, identity)
  return candidates.find(({ author }) => author === preferred) ?? candidates[0]
}

/** The removals and leaves of somebody that no addition knows of; all of them, where each is known of by one. */
export function standingOuts(
  { removals, leaves, pasts }: Membership,
  operations: Operations,
  identity: IdentityId,
): readonly KnownOperation[] {
  const outs = [...removals, ...leaves].filter((op) => subjectOf(op) === identity)
  const returns = [...operations.values()].filter((op) => op.change.kind === "add" && subjectOf(op) === identity)
  const standing = outs.filter(({ hash }) => !returns.some((op) => precedes(pasts, hash, op.hash)))
  return standing.length > 0 ? standing : outs
}

/** Whom an operation is about. */
export function subjectOf(op: KnownOperation): IdentityId {
  switch (op.change.kind) {
    case "add":
      return op.change.device.identity
    case "remove":
    case "role":
      return op.change.identity
    case "leave":
    case "policy":
      return op.author
    default:
      return assertNever(op.change)
  }
}

function rankOf(seniority: ReadonlyMap<IdentityId, number>, op: KnownOperation): number {
  return seniority.get(op.author) ?? Number.MAX_SAFE_INTEGER
}

/** By the additions that admitted them, the earliest first: what somebody says of themselves before makes nobody senior. */
function rankBySeniority(
  additions: readonly KnownOperation[],
  pasts: CausalPasts,
  creator: IdentityId,
): Map<IdentityId, number> {
  const depth = (op: KnownOperation): number => depthOf(pasts, op.hash)
  const ranks = new Map([[creator, 0]])
  for (const op of additions.toSorted((a, b) => depth(a) - depth(b) || (a.hash < b.hash ? -1 : 1)))
    if (!ranks.has(subjectOf(op))) ranks.set(subjectOf(op), ranks.size)
  return ranks
}
