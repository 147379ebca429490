import { createHash } from "node:crypto"

import type { Limits } from "./limits.ts"

/** A peer that is to be reached, and where it was last. */
export interface KnownPeer {
  readonly peerId: string
  /** Multiaddrs, the most promising first; at most `MAX_ADDRESSES`. */
  readonly addresses: readonly string[]
}

/** Where an application keeps the peers that it asked to be connected with. */
export interface AddressBook {
  load(): readonly KnownPeer[]
  /** Takes the place of what was saved for the same PeerId. */
  save(peer: KnownPeer): void
}

const MAX_ADDRESSES = 8
const MAX_PEERS = 1000
/** Peers whom nobody asked for are forgotten after as many attempts. */
const CASUAL_ATTEMPTS = 6
/** A link that stood for as long shows that the peer is well: the next attempt begins afresh. */
const SOUND_LINK = 10_000
/** Between attempts that discovery, or a link to another peer, gives cause for. */
const FOUND_PAUSE = 5_000

interface Entry {
  /** From the application, or from the peer itself. */
  readonly addresses: readonly string[]
  /** From whoever is on the local network: never in the place of the others, and never saved. */
  readonly rumoured: readonly string[]
  /** Asked for by the application: kept for ever, in the address book too. */
  readonly kept: boolean
  readonly attempts: number
  readonly lastAttempt: number
  /** The last attempt came to nothing. */
  readonly unreached: boolean
  /** When a link to this peer began or ended. */
  readonly lastLink: number
  readonly due: number
}

const UNTRIED = { rumoured: [], attempts: 0, lastAttempt: -Infinity, unreached: false, lastLink: -Infinity }

/**
 * Whom to dial when. The lower PeerId of a pair dials first and the other waits a moment, so that two peers don't get
 * two connections. Attempts back off by doubling, spread by a hash of the pair. Times in milliseconds of a clock that never goes back.
 */
export class KnownPeers {
  readonly #own: string
  readonly #limits: Limits
  readonly #book: AddressBook
  readonly #unsaved: (peerId: string, error: unknown) => void
  readonly #entries = new Map<string, Entry>()

  /** `unsaved` hears of peers that the book failed to save, which are known until the process ends. */
  constructor(own: string, limits: Limits, book: AddressBook, unsaved: (peerId: string, error: unknown) => void) {
    this.#own = own
    this.#limits = limits
    this.#book = book
    this.#unsaved = unsaved
    for (const { peerId, addresses } of book.load()) {
      if (peerId === own) continue
      const entry = { ...UNTRIED, addresses: addresses.slice(0, MAX_ADDRESSES), kept: true }
      this.#entries.set(peerId, { ...entry, due: this.#yieldTime(peerId) })
    }
  }

  addresses(peerId: string): readonly string[] {
    const entry = this.#entries.get(peerId)
    return entry === undefined ? [] : [...entry.addresses, ...entry.rumoured]
  }

  /** The application wants to be connected with this peer, from here on. */
  keep(peerId: string, addresses: readonly string[], now: number): void {
    this.#put(peerId, addresses, now, true)
  }

  /**
   * The peer is linked, and says itself where it is. Where it could not be reached before, the network may be back: whoever
   * else could not is due again.
   */
  linked(peerId: string, addresses: readonly string[], now: number): void {
    this.#put(peerId, addresses, now, false)
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return
    this.#entries.set(peerId, { ...entry, lastLink: now, unreached: false })
    if (entry.kept && entry.unreached) this.#tryAgain(now)
  }

  /** Somebody says that this peer is there: it is due at once, or after a pause if it was just tried. */
  found(peerId: string, addresses: readonly string[], now: number): void {
    this.#put(peerId, [], now, false)
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return
    const due = Math.max(now + this.#yieldTime(peerId), entry.lastAttempt + FOUND_PAUSE)
    this.#entries.set(peerId, {
      ...entry,
      rumoured: addresses.slice(0, MAX_ADDRESSES),
      due: Math.min(entry.due, due),
    })
  }

  /** The link to this peer is gone after `lasted` milliseconds. */
  lost(peerId: string, lasted: number, now: number): void {
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return
    const attempts = lasted >= SOUND_LINK ? 0 : entry.attempts
    const next = { ...entry, attempts, lastLink: now }
    this.#entries.set(peerId, { ...next, due: now + this.#pause(peerId, next, now) })
  }

  /** Those whose time has come. */
  due(now: number): readonly string[] {
    return [...this.#entries].filter(([, entry]) => entry.due <= now).map(([peerId]) => peerId)
  }

  /** Counts an attempt that begins; the next is due after the pause, unless a link comes and goes before. */
  attempted(peerId: string, now: number): void {
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return
    const next = { ...entry, attempts: entry.attempts + 1, lastAttempt: now }
    if (!entry.kept && next.attempts > CASUAL_ATTEMPTS) this.#entries.delete(peerId)
    else this.#entries.set(peerId, { ...next, due: now + this.#pause(peerId, next, now) })
  }

  /** An attempt came to nothing. */
  failed(peerId: string): void {
    const entry = this.#entries.get(peerId)
    if (entry !== undefined) this.#entries.set(peerId, { ...entry, unreached: true })
  }

  #tryAgain(now: number): void {
    for (const [peerId, entry] of this.#entries) {
      if (!entry.kept || !entry.unreached) continue
      const due = Math.max(now + this.#yieldTime(peerId), entry.lastAttempt + FOUND_PAUSE)
      this.#entries.set(peerId, { ...entry, due: Math.min(entry.due, due) })
    }
  }

  #put(peerId: string, heard: readonly string[], now: number, keep: boolean): void {
    if (peerId === this.#own) return
    const before = this.#entries.get(peerId)
    const addresses = [...new Set([...heard, ...(before?.addresses ?? [])])].slice(0, MAX_ADDRESSES)
    const kept = keep || before?.kept === true
    const entry = before ?? { ...UNTRIED, due: now + this.#yieldTime(peerId) }
    if (before === undefined) this.#makeRoom()
    this.#entries.set(peerId, { ...entry, addresses, kept })
    const news = before?.kept !== kept || addresses.join() !== before.addresses.join()
    if (kept && news) this.#save({ peerId, addresses })
  }

  #save(peer: KnownPeer): void {
    try {
      this.#book.save(peer)
    } catch (error) {
      this.#unsaved(peer.peerId, error)
    }
  }

  #makeRoom(): void {
    if (this.#entries.size < MAX_PEERS) return
    const casual = [...this.#entries].find(([, entry]) => !entry.kept)
    if (casual !== undefined) this.#entries.delete(casual[0])
  }

  #yieldTime(peerId: string): number {
    return this.#own < peerId ? 0 : this.#limits.yieldTime
  }

  #pause(peerId: string, { attempts, lastLink }: Pick<Entry, "attempts" | "lastLink">, now: number): number {
    if (attempts === 0) return this.#yieldTime(peerId)
    const { redialFirst, redialLast, redialRecent, recentTime } = this.#limits
    const longest = now - lastLink < recentTime ? redialRecent : redialLast
    const pause = Math.min(longest, redialFirst * 2 ** (attempts - 1))
    const hash = createHash("sha256").update(`${this.#own} ${peerId} ${attempts}`).digest()
    return this.#yieldTime(peerId) + pause * (0.75 + hash.readUInt8(0) / 512)
  }
}
