import type { Bytes } from "@starling/kernel"
import type { DirectProtocol, PeerLink, TransportEvents } from "@starling/messenger/ports"

/** Gossip that arrives before anybody listens; more is dropped, as gossip may be at any time. */
const MAX_WAITING = 1000

/** Hands events on in order, from the moment that somebody takes them; until then it keeps them. */
export class EventQueue implements TransportEvents {
  readonly #started = Promise.withResolvers<TransportEvents>()
  #events: TransportEvents | undefined
  #waiting: ((events: TransportEvents) => void)[] = []

  start(events: TransportEvents): void {
    if (this.#events !== undefined) throw new TypeError("a transport is started once")
    this.#events = events
    for (const hand of this.#waiting) hand(events)
    this.#waiting = []
    this.#started.resolve(events)
  }

  connected(link: PeerLink): void {
    this.#hand((events) => events.connected(link))
  }

  disconnected(peerId: string): void {
    this.#hand((events) => events.disconnected(peerId))
  }

  gossip(topic: string, data: Bytes, from: string): void {
    if (this.#waiting.length < MAX_WAITING) this.#hand((events) => events.gossip(topic, data, from))
  }

  async request(protocol: DirectProtocol, payload: Bytes, from: string, signal: AbortSignal): Promise<Bytes> {
    const events = await this.#started.promise
    return await events.request(protocol, payload, from, signal)
  }

  #hand(act: (events: TransportEvents) => void): void {
    if (this.#events === undefined) this.#waiting.push(act)
    else act(this.#events)
  }
}
