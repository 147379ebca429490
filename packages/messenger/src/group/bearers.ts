import { equalBytes, toHex } from "@starling/kernel"
import { keyPackageSignatureIsValid, publicCommitHeader, type CryptoProvider, type KeyPackage } from "@starling/mls"

import { decodeCertificate, type Device, type DeviceKey } from "../identity/device-certificate.ts"
import { identityId, type IdentityId } from "../identity/identity-id.ts"
import { decodeCommitRecord } from "../record/commit-record.ts"
import { RECORD_KINDS, type LoggedRecord } from "../record/record.ts"

/**
 * Whose device keys are: of the set of records alone, in whatever order they come. An addition is the word of an identity that a
 * device is its own, and it can say so of any; a KeyPackage is the device's own word. So a device key stands for
 * - the one whose certificate it has signed, in a KeyPackage that any COMMIT adds, placed or not; where it has signed for more than
 *   one, by its own fault, the one who was named for it nearest to the creator, then the least;
 * - before it has signed for anybody, the one that is named for it, and nobody where several are.
 */
export interface Bearers {
  readonly creator: DeviceKey
  readonly claims: ReadonlyMap<DeviceKey, readonly Claim[]>
  readonly consents: ReadonlyMap<DeviceKey, ReadonlySet<IdentityId>>
  /** What follows from both. */
  readonly identities: ReadonlyMap<DeviceKey, IdentityId>
  /** Devices that have signed for more than one. */
  readonly faithless: ReadonlySet<DeviceKey>
}

/** That an addition, by the device `by`, names a device key for an identity. */
interface Claim {
  readonly identity: IdentityId
  readonly by: DeviceKey
}

/** That an addition by the device `by` names `device`. */
export interface Naming {
  readonly device: Device
  readonly by: DeviceKey
}

/** That a device has signed whose it is. */
type Consent = Pick<Device, "device" | "identity">

/** Before any record has come: the creator is in the group by its founding. */
export function firstBearers({ device, identity }: Device): Bearers {
  return {
    creator: device,
    claims: new Map([[device, [{ identity, by: device }]]]),
    consents: new Map([[device, new Set([identity])]]),
    identities: new Map([[device, identity]]),
    faithless: new Set(),
  }
}

/** All at once, as one after the other: where a group is read, it may have thousands of devices. */
export function bearersOf(creator: Device, named: Iterable<Naming>, signed: Iterable<Consent>): Bearers {
  const first = firstBearers(creator)
  const claims = new Map<DeviceKey, Claim[]>(Array.from(first.claims, ([device, known]) => [device, [...known]]))
  for (const { device, by } of named) {
    const known = claims.get(device.device) ?? []
    if (!isKnown(known, device, by)) known.push({ identity: device.identity, by })
    claims.set(device.device, known)
  }
  const consents = new Map<DeviceKey, Set<IdentityId>>()
  for (const { device, identity } of [{ device: creator.device, identity: creator.identity }, ...signed])
    consents.set(device, (consents.get(device) ?? new Set()).add(identity))
  const faithless = new Set([...consents].flatMap(([device, { size }]) => (size > 1 ? [device] : [])))
  return decided({ ...first, claims, consents, faithless }, claims.keys())
}

/** Whom the records of a device speak for. */
export function bearerOf({ bearers }: { readonly bearers: Bearers }, device: DeviceKey): IdentityId | undefined {
  return bearers.identities.get(device)
}

/** With what an addition by the device `by` says of `device`. */
export function withClaim(bearers: Bearers, { device, identity }: Device, by: DeviceKey): Bearers {
  const claims = bearers.claims.get(device) ?? []
  if (isKnown(claims, { identity }, by)) return bearers
  return decided({ ...bearers, claims: new Map(bearers.claims).set(device, [...claims, { identity, by }]) }, [device])
}

/** With what a device has signed. */
export function withConsent(bearers: Bearers, { device, identity }: Consent): Bearers {
  const before = bearers.consents.get(device)
  if (before?.has(identity) === true) return bearers
  const consents = new Map(bearers.consents).set(device, new Set(before).add(identity))
  const faithless = before === undefined ? bearers.faithless : new Set(bearers.faithless).add(device)
  return decided({ ...bearers, consents, faithless }, [device])
}

/** What the devices have signed that a COMMIT adds. Nothing more of it is read once one did not. */
export function consentsIn(crypto: CryptoProvider, record: LoggedRecord): Consent[] {
  const consents: Consent[] = []
  for (const keyPackage of addedBy(record)) {
    const consent = consentOf(crypto, keyPackage)
    if (consent === undefined) break
    consents.push(consent)
  }
  return consents
}

/** The devices that speak for somebody else than `before`, among those of which something new is known. */
export function differingFrom(before: Bearers, after: Bearers, known: readonly DeviceKey[]): DeviceKey[] {
  const devices = new Set([...known, ...after.faithless])
  return [...devices].filter((device) => before.identities.get(device) !== after.identities.get(device))
}

function isKnown(claims: readonly Claim[], { identity }: Pick<Device, "identity">, by: DeviceKey): boolean {
  return claims.some((claim) => claim.identity === identity && claim.by === by)
}

function decided(bearers: Bearers, changed: Iterable<DeviceKey>): Bearers {
  const { claims, consents, faithless } = bearers
  const distances = faithless.size === 0 ? undefined : distancesIn(bearers)
  const identities = new Map(bearers.identities)
  for (const device of new Set([...changed, ...faithless])) {
    const identity = choose(claims.get(device) ?? [], consents.get(device), distances)
    if (identity === undefined) identities.delete(device)
    else identities.set(device, identity)
  }
  return { ...bearers, identities }
}

function choose(
  claims: readonly Claim[],
  consents: ReadonlySet<IdentityId> | undefined,
  distances: ReadonlyMap<DeviceKey, number> | undefined,
): IdentityId | undefined {
  if (consents === undefined) {
    const named = new Set(claims.map(({ identity }) => identity))
    return named.size === 1 ? claims[0]?.identity : undefined
  }
  const distance = ({ by }: Claim): number => distances?.get(by) ?? 0
  return claims
    .filter(({ identity }) => consents.has(identity))
    .toSorted((a, b) => distance(a) - distance(b) || (a.identity < b.identity ? -1 : 1))[0]?.identity
}

/** How many additions lead from the creator to each device: one that it has brought in itself is further away than it is. */
function distancesIn({ creator, claims }: Bearers): ReadonlyMap<DeviceKey, number> {
  const pairs = [...claims].flatMap(([device, named]) => named.map(({ by }) => ({ by, device })))
  const namedBy = Map.groupBy(pairs, ({ by }) => by)
  const distances = new Map([[creator, 0]])
  for (const [by, distance] of distances)
    for (const { device } of namedBy.get(by) ?? []) if (!distances.has(device)) distances.set(device, distance + 1)
  return distances
}

/** Each addition cites its operation: what cites none adds nobody, and is not read. */
function addedBy({ kind, body }: LoggedRecord): readonly KeyPackage[] {
  const commit = kind === RECORD_KINDS.commit ? decodeCommitRecord(body) : undefined
  if (commit?.kind !== "ok" || commit.value.ops.length === 0) return []
  const header = publicCommitHeader(commit.value.mls)
  return header.kind === "ok" ? header.value.adds : []
}

/** `undefined` where the device did not sign it. That the identity did is known by the addition. */
function consentOf(crypto: CryptoProvider, keyPackage: KeyPackage): Consent | undefined {
  const { credential, signatureKey } = keyPackage.leafNode
  const certificate = credential.kind === "basic" ? decodeCertificate(credential.identity) : undefined
  if (certificate?.kind !== "ok" || !equalBytes(certificate.value.signatureKey, signatureKey)) return undefined
  if (!keyPackageSignatureIsValid(crypto, keyPackage)) return undefined
  return { device: toHex(signatureKey), identity: identityId(crypto, certificate.value.identityKey) }
}
