import { wipe, type Bytes } from "@starling/kernel"
import type { RandomPort } from "../ports.ts"
import { MESSAGES, type DeliveredKey, type KmeAnswer, type LinkStatus } from "./etsi014.ts"
import { toBase64 } from "./base64.ts"
import { KeyStock, type KeyOrigin, type KeyPlace, type StockedKey } from "./key-stock.ts"
import {
  KEY_SIZE,
  MAX_KEY_SIZE,
  MAX_KEYS_PER_REQUEST,
  MIN_KEY_SIZE,
  readKeyIds,
  readKeyRequest,
  refused,
  type KmeCall,
} from "./read-call.ts"
import { uuidOf } from "./uuid.ts"

/** Keys that wait for their slave SAE; with more, the oldest go. */
const MAX_WAITING = 4096

/** A key that one end gave to its SAE, and that waits at the other for the SAE it was meant for. */
export interface Announcement {
  readonly id: string
  readonly place: KeyPlace
  readonly master: string
  readonly slave: string
}

/** The KME at the other end of the link. */
export interface PeerKme {
  readonly id: string
  /** False where it can't hold them; then nobody gets them. */
  hold(announcements: readonly Announcement[]): boolean
}

export interface KmeOptions {
  readonly id: string
  /** SAEs of this site, by the names in their certificates; and of the other end's. */
  readonly localSaes: readonly string[]
  readonly remoteSaes: readonly string[]
  readonly stock: KeyStock
  /** What the stock is filled up to, in bytes. */
  readonly capacity: number
  readonly random: RandomPort
  readonly link: () => Pick<LinkStatus, "simulated" | "alarm">
}

interface Waiting {
  readonly master: string
  readonly slave: string
  readonly bytes: Bytes
  readonly origin: KeyOrigin
}

/**
 * One end's key delivery by ETSI GS QKD 014. Keys leave it when they are delivered, to the one SAE that they are for; a
 * stranger, or another SAE, gets 401 and learns nothing.
 */
export class KeyManagementEntity implements PeerKme, Disposable {
  readonly id: string
  readonly #options: KmeOptions
  readonly #waiting = new Map<string, Waiting>()
  #peer: PeerKme | undefined

  constructor(options: KmeOptions) {
    this.id = options.id
    this.#options = options
  }

  connect(peer: PeerKme): void {
    this.#peer = peer
  }

  answer(call: KmeCall): KmeAnswer {
    const { sae } = call
    if (sae === undefined || !this.#options.localSaes.includes(sae)) return { status: 401 }
    const [, other = "", operation = ""] = /^\/api\/v1\/keys\/([^/]+)\/([a-z_]+)$/.exec(call.path) ?? []
    const peer = decoded(other)
    switch (operation) {
      case "status":
        return call.method === "GET" ? this.#status(sae, peer) : { status: 405 }
      case "enc_keys":
        return this.#encKeys(sae, peer, call)
      case "dec_keys":
        return this.#decKeys(sae, peer, call)
      default:
        return { status: 404 }
    }
  }

  hold(announcements: readonly Announcement[]): boolean {
    const held = announcements.map((announced) => ({ announced, taken: this.#options.stock.follow(announced.place) }))
    if (held.some(({ taken }) => taken === undefined)) {
      wipe(...held.flatMap(({ taken }) => (taken === undefined ? [] : [taken.bytes])))
      return false
    }
    for (const { announced, taken } of held) if (taken !== undefined) this.#keep(announced, taken)
    return true
  }

  [Symbol.dispose](): void {
    for (const { bytes } of this.#waiting.values()) wipe(bytes)
    this.#waiting.clear()
    this.#options.stock[Symbol.dispose]()
  }

  #status(master: string, slave: string): KmeAnswer {
    if (!this.#isReachable(slave)) return refused(`${slave} is no SAE at the other end of this link`)
    const { stock, capacity, link } = this.#options
    return {
      status: 200,
      body: {
        source_KME_ID: this.id,
        target_KME_ID: this.#peer?.id ?? "",
        master_SAE_ID: master,
        slave_SAE_ID: slave,
        key_size: KEY_SIZE,
        stored_key_count: Math.floor((8 * stock.available()) / KEY_SIZE),
        max_key_count: Math.floor((8 * capacity) / KEY_SIZE),
        max_key_per_request: MAX_KEYS_PER_REQUEST,
        max_key_size: MAX_KEY_SIZE,
        min_key_size: MIN_KEY_SIZE,
        max_SAE_ID_count: 0,
        status_extension: {
          starling_link: {
            ...link(),
            distilled_bits: 8 * stock.available("distilled"),
            bootstrapped_bits: 8 * stock.available("bootstrapped"),
          },
        },
      },
    }
  }

  #encKeys(master: string, slave: string, call: KmeCall): KmeAnswer {
    const wanted = readKeyRequest(call)
    if (wanted.kind === "refused") return wanted.answer
    if (!this.#isReachable(slave)) return refused(`${slave} is no SAE at the other end of this link`)
    const { number, length, mandatory, preferred } = wanted.value
    const taken =
      this.#take(number, length, mandatory ?? preferred) ??
      (mandatory === undefined ? this.#take(number, length) : undefined)
    if (taken === undefined) {
      // Key there is, but not of the origin that was insisted on.
      const isUnmet = mandatory !== undefined && this.#options.stock.available() >= number * length
      return isUnmet ? refused(MESSAGES.mandatoryUnmet) : unavailable("not enough keys: try again later")
    }
    const announcements = taken.map(({ place }) => ({
      id: uuidOf(this.#options.random.draw(16, "key id")),
      place,
      master,
      slave,
    }))
    const isHeld = this.#peer?.hold(announcements) ?? false
    const delivered = isHeld ? announcements.map(({ id }, i) => this.#deliver(id, taken[i])) : []
    wipe(...taken.map(({ bytes }) => bytes))
    if (!isHeld) return unavailable("the other end of the link can't be reached")
    return { status: 200, body: { keys: delivered } }
  }

  #decKeys(slave: string, master: string, call: KmeCall): KmeAnswer {
    const named = readKeyIds(call)
    if (named.kind === "refused") return named.answer
    const ids = named.value
    const found = ids.map((id) => ({ id, key: this.#waiting.get(id) }))
    // Whoever may not have one of them learns of none of them.
    if (found.some(({ key }) => key !== undefined && (key.slave !== slave || key.master !== master)))
      return { status: 401 }
    if (found.some(({ key }) => key === undefined) || new Set(ids).size !== ids.length)
      return refused(MESSAGES.notFound)
    const keys = found.map(({ id, key }) => this.#deliver(id, key))
    for (const { id, key } of found) {
      if (key !== undefined) wipe(key.bytes)
      this.#waiting.delete(id)
    }
    return { status: 200, body: { keys } }
  }

  /** All of them or none: bytes that were taken for nothing are wiped. */
  #take(number: number, length: number, origin?: KeyOrigin): readonly StockedKey[] | undefined {
    const { stock } = this.#options
    if (stock.available(origin) < number * length) return undefined
    const taken: StockedKey[] = []
    for (let i = 0; i < number; i++) {
      const key = stock.take(length, origin)
      if (key === undefined) {
        wipe(...taken.map(({ bytes }) => bytes))
        return undefined
      }
      taken.push(key)
    }
    return taken
  }

  #keep({ id, master, slave }: Announcement, { bytes, origin }: StockedKey): void {
    const oldest = this.#waiting.size >= MAX_WAITING ? this.#waiting.entries().next().value : undefined
    if (oldest !== undefined) {
      wipe(oldest[1].bytes)
      this.#waiting.delete(oldest[0])
    }
    this.#waiting.set(id, { master, slave, bytes, origin })
  }

  #deliver(id: string, key: { readonly bytes: Bytes; readonly origin: KeyOrigin } | undefined): DeliveredKey {
    if (key === undefined) throw new RangeError("a key that is not there can't be delivered")
    return {
      key_ID: id,
      key: toBase64(key.bytes),
      key_extension: { starling_origin: key.origin, starling_simulated: this.#options.link().simulated },
    }
  }

  #isReachable(sae: string): boolean {
    return this.#peer !== undefined && this.#options.remoteSaes.includes(sae)
  }
}

function unavailable(message: string): KmeAnswer {
  return { status: 503, body: { message } }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return ""
  }
}
