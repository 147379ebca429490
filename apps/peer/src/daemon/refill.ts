import type { Delivery, EntropyPool } from "@starling/entropy"
import type { Milliseconds } from "@starling/kernel"
import type { JournaledDelivery } from "./delivery-journal.ts"
import { KeyServiceError, REFILL_STEPS, type KeyLength, type KeyService, type RefillStep } from "./key-service.ts"

const LOW_WATER = 0.25
const FIRST_PAUSE: Milliseconds = 500
const LONGEST_PAUSE: Milliseconds = 300_000
/** For one key, unless it comes by a phone. */
export const REFILL_PATIENCE: Milliseconds = 120_000
/** After an epoch has closed, until the next one is sealed. */
const SEALING: Milliseconds = 2_000
/** Longer ones fire at once. */
const LONGEST_TIMER: Milliseconds = 2 ** 31 - 1
/** What the pool is filled with. */
const USUAL: KeyLength = 8192

export type SourceState =
  | { readonly kind: "off" }
  | { readonly kind: "working"; readonly step: RefillStep | undefined }
  | { readonly kind: "ok"; readonly at: Milliseconds }
  | { readonly kind: "unreachable" | "refused"; readonly why: string }

export interface RefillOptions {
  readonly pool: Pick<EntropyPool, "bytes" | "capacity" | "fill" | "onLow">
  /** Absent where there is no EaaS. Throws `KeyServiceError`. */
  readonly connect: ((signal: AbortSignal) => Promise<KeyService>) | undefined
  /** Share of the capacity up to which the pool is filled in the background, once it has fallen under its low-water mark. */
  readonly fillTo: number
  /** How long the background waits for one key; `undefined`: as long as it takes. */
  readonly patience: Milliseconds | undefined
  /** Whether the next request is made, with its proof, before it is needed. */
  readonly ahead: boolean
  /** Whether this delivery is in the pool, or was: after a crash it may come a second time. */
  readonly has: (delivery: string) => boolean
  /** A delivery is in the pool, durably. */
  readonly delivered: (delivery: JournaledDelivery) => void
  readonly changed: () => void
  readonly now: () => Milliseconds
  readonly report: (error: unknown) => void
}

/** Keeps the pool filled from the EaaS without ever making a draw wait. One request is under way at a time. */
export class Refill implements AsyncDisposable {
  readonly #options: RefillOptions
  readonly #ended = new AbortController()
  #service: KeyService | undefined
  /** Whether `#service` answered the last time. */
  #connected = false
  #state: SourceState
  #queue: Promise<unknown> = Promise.resolve()
  #background: Promise<void> | undefined
  #stopListening: (() => void) | undefined
  #preparing = false
  #preparingAnew: NodeJS.Timeout | undefined

  constructor(options: RefillOptions) {
    this.#options = options
    this.#state = options.connect === undefined ? { kind: "off" } : { kind: "working", step: undefined }
  }

  get state(): SourceState {
    return this.#state
  }

  /** The platform, once it was reached. */
  get service(): KeyService | undefined {
    return this.#service
  }

  start(): void {
    if (this.#options.connect === undefined) return
    this.#stopListening = this.#options.pool.onLow(() => this.#wakeUp())
    if (this.#options.pool.bytes < this.#options.pool.capacity * LOW_WATER) this.#wakeUp()
    else this.#track(this.#greet())
  }

  /** One key, for a person who asked. Returns the bytes taken; throws `KeyServiceError`. */
  async obtain(length: KeyLength, signal: AbortSignal): Promise<number> {
    return await this.#inTurn(AbortSignal.any([signal, AbortSignal.timeout(REFILL_PATIENCE)]), length)
  }

  /**
   * A first key, for keys that can't be made without: tries again while the platform is out of reach. Throws
   * `KeyServiceError`, at the end of `patience` (milliseconds) with what was last wrong; the reason of `signal` where that gives up.
   */
  async insist(patience: Milliseconds, signal: AbortSignal): Promise<void> {
    const given = AbortSignal.any([signal, AbortSignal.timeout(patience)])
    let last = new KeyServiceError("unreachable", "eaas-unreachable", "the quantum source did not answer")
    for (let pause = FIRST_PAUSE; !given.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        await this.obtain(USUAL, given)
        return
      } catch (error) {
        if (given.aborted) break
        if (!(error instanceof KeyServiceError)) throw error
        last = error
        if (last.state === "refused") throw last
        await this.#wait(pause, given)
      }
    }
    signal.throwIfAborted()
    const seconds = Math.round(patience / 1000)
    throw new KeyServiceError(
      last.state,
      last.code,
      `no quantum entropy came within ${seconds} s (${last.message}): see that the platform of --eaas can be reached, or start with --entropy mixed`,
      { cause: last },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopListening?.()
    clearTimeout(this.#preparingAnew)
    this.#ended.abort()
    await this.#background
    await this.#queue.catch(() => {})
  }

  #wakeUp(): void {
    if (this.#background !== undefined || this.#ended.signal.aborted) return
    this.#track(this.#fillUp())
  }

  #track(work: Promise<void>): void {
    this.#background = work.finally(() => {
      this.#background = undefined
    })
  }

  /** Finds out whether the platform is there while the pool needs nothing of it. */
  async #greet(): Promise<void> {
    try {
      await this.#connect(this.#ended.signal)
      this.#set({ kind: "ok", at: this.#options.now() })
      this.#prepareAhead()
    } catch (error) {
      this.#fail(error)
    }
  }

  async #fillUp(): Promise<void> {
    const { pool, fillTo } = this.#options
    let pause = FIRST_PAUSE
    while (pool.bytes < pool.capacity * fillTo && !this.#ended.signal.aborted) {
      try {
        const taken = await this.#inTurn(this.#patience(), USUAL)
        if (taken === 0) return
        pause = FIRST_PAUSE
      } catch (error) {
        if (this.#ended.signal.aborted) return
        const rest = error instanceof KeyServiceError ? (error.retryAfter ?? pause) : pause
        await this.#wait(rest, this.#ended.signal)
        pause = Math.min(pause * 2, LONGEST_PAUSE)
      }
    }
  }

  #patience(): AbortSignal {
    const { patience } = this.#options
    return patience === undefined ? this.#ended.signal : AbortSignal.timeout(patience)
  }

  /** Waits for its turn no longer than `given` lasts, however long the one before takes. */
  async #inTurn(given: AbortSignal, length: KeyLength): Promise<number> {
    const signal = AbortSignal.any([given, this.#ended.signal])
    const turn = this.#queue.catch(() => {}).then(async () => await this.#request(signal, length))
    this.#queue = turn
    return await Promise.race([turn, aborted(signal)])
  }

  async #request(signal: AbortSignal, length: KeyLength): Promise<number> {
    let taken = 0
    this.#set({ kind: "working", step: undefined })
    try {
      signal.throwIfAborted()
      const service = await this.#connect(signal)
      await service.obtain(
        length,
        signal,
        (step) => this.#set({ kind: "working", step }),
        ({ bytes, delivery, channel }) => {
          if (this.#options.has(delivery.id)) return 0
          const received: Delivery = { ...delivery, receivedAt: this.#options.now() }
          taken = this.#options.pool.fill(bytes, received)
          if (taken > 0) this.#options.delivered({ ...received, ...(channel !== undefined && { channel }) })
          return taken
        },
      )
    } catch (error) {
      if (signal.aborted) this.#set({ kind: "unreachable", why: "the request was given up" })
      else this.#fail(error)
      throw error
    }
    this.#set({ kind: "ok", at: this.#options.now() })
    this.#prepareAhead()
    return taken
  }

  /** Has the next request made in the background, and again for each new epoch, so that nobody waits for a proof. */
  #prepareAhead(): void {
    const service = this.#service
    if (!this.#options.ahead || this.#preparing || service === undefined || this.#ended.signal.aborted) return
    this.#preparing = true
    clearTimeout(this.#preparingAnew)
    this.#queue = this.#queue.catch(() => {}).then(async () => await this.#prepareWith(service))
  }

  async #prepareWith(service: KeyService): Promise<void> {
    const given = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(REFILL_PATIENCE)])
    try {
      const until = await service.prepare(USUAL, given)
      this.#prepareIn(until - this.#options.now() + SEALING)
    } catch (error) {
      // What is wrong with the platform is told by the request that needs it.
      if (!(error instanceof KeyServiceError) && !given.aborted) this.#options.report(error)
      this.#prepareIn(LONGEST_PAUSE)
    } finally {
      this.#preparing = false
    }
  }

  #prepareIn(pause: Milliseconds): void {
    if (this.#ended.signal.aborted) return
    const within = Math.min(Math.max(pause, SEALING), LONGEST_TIMER)
    this.#preparingAnew = setTimeout(() => this.#prepareAhead(), within).unref()
  }

  async #connect(signal: AbortSignal): Promise<KeyService> {
    if (this.#options.connect === undefined) {
      throw new KeyServiceError(
        "refused",
        "no-eaas",
        "this daemon has no quantum source: start it with --eaas embedded or --eaas URL",
      )
    }
    if (this.#service === undefined || !this.#connected) this.#service = await this.#options.connect(signal)
    this.#connected = true
    return this.#service
  }

  #fail(error: unknown): void {
    if (this.#ended.signal.aborted) return
    const known = error instanceof KeyServiceError
    if (!known) this.#options.report(error)
    if (!known || error.state === "unreachable") this.#connected = false
    const why = error instanceof Error ? error.message : "unknown"
    this.#set({ kind: known ? error.state : "unreachable", why })
  }

  #set(state: SourceState): void {
    this.#state = state
    this.#options.changed()
  }

  /** Ends early when `signal` does. */
  async #wait(milliseconds: Milliseconds, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      signal.addEventListener(
        "abort",
        () => {
          clearTimeout(timer)
          resolve()
        },
        { once: true },
      )
    })
  }
}

/** The steps of the refill under way, as a screen shows them; empty where none is. */
export function progressOf(
  state: SourceState,
): readonly { readonly step: string; readonly state: "done" | "active" | "waiting" }[] {
  if (state.kind !== "working") return []
  const active = state.step === undefined ? 0 : REFILL_STEPS.indexOf(state.step)
  return REFILL_STEPS.map((step, i) => ({ step, state: i < active ? "done" : i === active ? "active" : "waiting" }))
}

/** Rejects when `signal` aborts. */
async function aborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  })
}
