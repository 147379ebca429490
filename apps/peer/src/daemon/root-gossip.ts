import { answerRoots, type RootWitness } from "@starling/eaas"
import type { Bytes, Milliseconds } from "@starling/kernel"
import { TransportError, type Transport } from "@starling/messenger/ports"

/** In milliseconds. */
const PERIOD: Milliseconds = 10 * 60_000
/** Until the platform was reached. */
const IMPATIENCE: Milliseconds = 5_000
const PATIENCE: Milliseconds = 15_000

export interface RootGossipOptions {
  readonly witness: RootWitness
  readonly transport: Pick<Transport, "links" | "request">
  /** Fetches what the platform shows; resolves to whether there was anything to compare. */
  readonly look: (signal: AbortSignal) => Promise<boolean>
  readonly report: (error: unknown) => void
}

/**
 * Compares signed roots with the peers that are connected. What it tells is as old as its last round, and rounds keep to the
 * clock: a peer that works with the platform's servers learns from it nothing of when this device asks for keys.
 */
export class RootGossip implements AsyncDisposable {
  readonly #options: RootGossipOptions
  readonly #ended = new AbortController()
  readonly #compared = new Set<string>()
  readonly #running = new Set<Promise<void>>()
  #told: Bytes
  #timer: NodeJS.Timeout | undefined

  constructor(options: RootGossipOptions) {
    this.#options = options
    this.#told = options.witness.tell()
  }

  start(): void {
    this.#schedule(IMPATIENCE)
  }

  /** What a peer's frame is answered with. */
  answer(frame: Bytes): Bytes {
    this.#options.witness.hear(frame)
    return answerRoots(frame, this.#told)
  }

  /** Compares with whoever is new; who uses no platform that others use has nothing to say. */
  linksChanged(): void {
    if (this.#options.witness.isEmpty) return
    const linked = new Set(this.#options.transport.links().map(({ peerId }) => peerId))
    for (const peerId of this.#compared) if (!linked.has(peerId)) this.#compared.delete(peerId)
    for (const peerId of linked) if (!this.#compared.has(peerId)) this.#track(this.#compare(peerId))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    clearTimeout(this.#timer)
    await Promise.allSettled(this.#running)
  }

  #schedule(delay: Milliseconds): void {
    this.#timer = setTimeout(() => this.#track(this.#round()), delay).unref()
  }

  async #round(): Promise<void> {
    const { look, witness, report } = this.#options
    const looked = await look(this.#ended.signal).catch((error: unknown) => {
      report(error)
      return true
    })
    if (this.#ended.signal.aborted) return
    this.#told = witness.tell()
    this.#compared.clear()
    this.linksChanged()
    this.#schedule(looked ? PERIOD : IMPATIENCE)
  }

  async #compare(peerId: string): Promise<void> {
    const { transport, witness } = this.#options
    this.#compared.add(peerId)
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(PATIENCE)])
    try {
      witness.hear(await transport.request(peerId, "roots", this.#told, signal))
    } catch (error) {
      // Out of reach, or of a version that doesn't compare: the next round tries again.
      if (!(error instanceof TransportError)) throw error
    }
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch(this.#options.report).finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }
}
