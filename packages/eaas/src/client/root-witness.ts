import { equalBytes, toHex, type Bytes } from "@starling/kernel"
import { serviceIdOf } from "../binding.ts"
import { encodeEpochStatement, type SealedEpoch } from "../frames/sealed-epoch.ts"
import {
  decodeSignedRoots,
  encodeSignedRoots,
  MAX_PLATFORMS,
  MAX_ROOTS,
  type PlatformRoots,
} from "../frames/signed-roots.ts"
import { isSignedBy } from "../signing.ts"
import { EntropyClientError } from "./entropy-client-error.ts"
import type { Platform } from "./platform.ts"

/** Two statements that a platform signed for one epoch and revision: whoever has both can show it to anybody. */
export type RootConflict = readonly [SealedEpoch, SealedEpoch]

/** One value that survives a crash as soon as `save` returns. */
export interface RootJournal {
  load(): Bytes | undefined
  save(roots: Bytes): void
}

/** Epochs that are kept of a platform, besides evidence. */
const RETAINED = MAX_ROOTS - 2

/**
 * Remembers the signed roots of this device's platforms, as it and its peers were shown them. A platform that shows two
 * people different lists for one epoch, so as to tell them apart, has signed both; here the two meet. Evidence is kept for good.
 */
export class RootWitness {
  readonly #journal: RootJournal
  readonly #conflicted: (conflict: RootConflict) => void
  #platforms: readonly PlatformRoots[]

  /** `conflicted` hears of each conflict once, when it is on the disk. Throws `EntropyClientError` where the journal is damaged. */
  constructor(journal: RootJournal, conflicted: (conflict: RootConflict) => void = () => {}) {
    this.#journal = journal
    this.#conflicted = conflicted
    const stored = journal.load()
    const decoded = stored === undefined ? undefined : decodeSignedRoots(stored)
    if (decoded?.kind === "malformed") throw new EntropyClientError("damaged-journal", { cause: decoded.why })
    this.#platforms = decoded?.value ?? []
  }

  /** An epoch of a platform of this device, whose signatures are good. */
  note({ authentication, validation }: Platform, sealed: SealedEpoch): void {
    const keys = { authenticationKey: authentication.publicKey, validationKey: validation.publicKey }
    this.#enter(this.#find(sealed.service) ?? { ...keys, epochs: [] }, [sealed])
  }

  /** What a peer was shown: what it says of platforms that this device doesn't use, or that isn't signed, changes nothing. */
  hear(frame: Uint8Array): void {
    const decoded = decodeSignedRoots(frame)
    if (decoded.kind === "malformed") return
    for (const theirs of decoded.value) {
      const ours = this.#find(serviceIdOf(theirs.authenticationKey, theirs.validationKey))
      if (ours === undefined) continue
      const fresh = theirs.epochs.filter((sealed) => !isKnown(ours, sealed))
      // One forgery among them: the peer is no witness, and none of the rest is worth a check.
      if (fresh.every((sealed) => isGenuine(ours, sealed))) this.#enter(ours, fresh)
    }
  }

  /** Everything that is known, for peers. */
  tell(): Bytes {
    return encodeSignedRoots(this.#platforms)
  }

  get isEmpty(): boolean {
    return this.#platforms.length === 0
  }

  conflictOf(service: Uint8Array): RootConflict | undefined {
    const roots = this.#find(service)
    return roots && conflictIn(roots)
  }

  conflicts(): readonly RootConflict[] {
    return this.#platforms.map(conflictIn).filter((conflict) => conflict !== undefined)
  }

  /** Whether a later seal of the same platform was shown to this device or to another. */
  knowsLater(sealed: SealedEpoch): boolean {
    return this.#find(sealed.service)?.epochs.some((it) => compareSeals(it, sealed) < 0) ?? false
  }

  #find(service: Uint8Array): PlatformRoots | undefined {
    return this.#platforms.find((roots) => equalBytes(serviceOf(roots), service))
  }

  #enter(roots: PlatformRoots, epochs: readonly SealedEpoch[]): void {
    const had = conflictIn(roots)
    const entered = epochs.reduce(withEpoch, roots)
    if (entered.epochs === roots.epochs) return
    const others = this.#platforms.filter((it) => !equalBytes(serviceOf(it), serviceOf(roots)))
    const platforms = [
      entered,
      ...others.filter((it) => conflictIn(it) !== undefined),
      ...others.filter((it) => conflictIn(it) === undefined),
    ].slice(0, MAX_PLATFORMS)
    this.#journal.save(encodeSignedRoots(platforms))
    this.#platforms = platforms
    const conflict = conflictIn(entered)
    if (had === undefined && conflict !== undefined) this.#conflicted(conflict)
  }
}

/** What is answered to a peer that told `frame`: the same platforms, as they were `told` at a time of our own choice. */
export function answerRoots(frame: Uint8Array, told: Uint8Array): Bytes {
  const [asked, ours] = [decodeSignedRoots(frame), decodeSignedRoots(told)]
  if (asked.kind === "malformed" || ours.kind === "malformed") return encodeSignedRoots([])
  const services = new Set(asked.value.map((roots) => toHex(serviceOf(roots))))
  return encodeSignedRoots(ours.value.filter((roots) => services.has(toHex(serviceOf(roots)))))
}

function serviceOf({ authenticationKey, validationKey }: PlatformRoots): Bytes {
  return serviceIdOf(authenticationKey, validationKey)
}

/** The first conflict is evidence enough: of another one, the statement that came first stays. */
function withEpoch(roots: PlatformRoots, sealed: SealedEpoch): PlatformRoots {
  const evidence = conflictIn(roots)
  const hasRival = roots.epochs.some((it) => compareSeals(it, sealed) === 0)
  if (isKnown(roots, sealed) || (hasRival && evidence !== undefined)) return roots
  const all = [...roots.epochs, sealed].toSorted(compareSeals)
  const kept: readonly SealedEpoch[] = evidence ?? conflictIn({ ...roots, epochs: all }) ?? []
  const others = all.filter((it) => !kept.includes(it)).slice(0, RETAINED)
  if (!kept.includes(sealed) && !others.includes(sealed)) return roots
  return { ...roots, epochs: [...kept, ...others].toSorted(compareSeals) }
}

function conflictIn({ epochs }: PlatformRoots): RootConflict | undefined {
  for (const [i, sealed] of epochs.entries()) {
    const other = epochs[i + 1]
    if (other !== undefined && compareSeals(sealed, other) === 0) return [sealed, other]
  }
  return undefined
}

function isKnown({ epochs }: PlatformRoots, sealed: SealedEpoch): boolean {
  const statement = encodeEpochStatement(sealed)
  return epochs.some((it) => equalBytes(encodeEpochStatement(it), statement))
}

function isGenuine(roots: PlatformRoots, sealed: SealedEpoch): boolean {
  const signed = encodeEpochStatement(sealed)
  return (
    equalBytes(sealed.service, serviceOf(roots)) &&
    isSignedBy(roots.authenticationKey, signed, sealed.authenticationSignature) &&
    isSignedBy(roots.validationKey, signed, sealed.validationSignature)
  )
}

/** Newest first. */
function compareSeals(a: SealedEpoch, b: SealedEpoch): number {
  return b.epoch - a.epoch || b.revision - a.revision
}
