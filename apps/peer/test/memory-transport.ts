import type { Bytes } from "@starling/kernel"
import {
  TransportError,
  type DirectProtocol,
  type GossipVerdict,
  type PeerLink,
  type Transport,
  type TransportEvents,
} from "@starling/messenger/ports"

/** A network of one peer: keeps what it was told to do, in order, and reaches nobody. */
export class LonelyTransport implements Transport {
  readonly peerId = "12D3KooWLonely"
  readonly done: string[] = []
  /** Called before each act is noted. */
  onAct: (act: string) => void = () => {}
  events: TransportEvents | undefined
  /** Whom it is connected to; set by hand. */
  linked: readonly PeerLink[] = []

  addresses(): readonly string[] {
    return []
  }

  links(): readonly PeerLink[] {
    return this.linked
  }

  async start(events: TransportEvents): Promise<void> {
    this.events = events
  }

  subscribe(topic: string, _judge: (data: Uint8Array) => GossipVerdict): void {
    this.#note(`subscribe ${topic}`)
  }

  unsubscribe(topic: string): void {
    this.#note(`unsubscribe ${topic}`)
  }

  async publish(topic: string, _data: Uint8Array): Promise<number> {
    this.#note(`publish ${topic}`)
    return 0
  }

  async request(peerId: string, protocol: DirectProtocol): Promise<Bytes> {
    this.#note(`request ${protocol} ${peerId}`)
    throw new TransportError("nobody is there")
  }

  async dial(peerId: string): Promise<void> {
    this.#note(`dial ${peerId}`)
    throw new TransportError("nobody is there")
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  #note(act: string): void {
    this.onAct(act)
    this.done.push(act)
  }
}
