import type { Connection, Libp2p, Stream } from "@libp2p/interface"

import type { Bytes } from "@starling/kernel"
import { DIRECT_PROTOCOLS, MAX_DIRECT_BYTES, TransportError, type DirectProtocol } from "@starling/messenger/ports"

import { Budget } from "./budget.ts"
import { readFrame, writeFrame, type FrameRead } from "./frame.ts"
import type { Limits } from "./limits.ts"
import type { Fault } from "./standing.ts"
import { Turnstile } from "./turnstile.ts"

export interface DirectWiring {
  readonly limits: Limits
  readonly now: () => number
  readonly fault: (peerId: string, fault: Fault) => void
  readonly answer: (protocol: DirectProtocol, payload: Bytes, from: string, signal: AbortSignal) => Promise<Bytes>
  /** The core rejected a request, or its answer could not be sent. */
  readonly failed: (peerId: string, protocol: DirectProtocol, error: unknown) => void
  /** Aborts when the node stops. */
  readonly stopping: AbortSignal
}

/** The name of a protocol on the wire. */
export function protocolId(protocol: DirectProtocol): string {
  return `/starling/${protocol}/1.0.0`
}

/** One request and one answer a stream; see `frame.ts`. Whatever breaks the rules is reset without a word. */
export class DirectStreams {
  readonly #node: Libp2p
  readonly #wiring: DirectWiring
  readonly #requests: Budget
  readonly #served: Turnstile
  readonly #sent: Turnstile

  constructor(node: Libp2p, wiring: DirectWiring) {
    const { limits } = wiring
    this.#node = node
    this.#wiring = wiring
    this.#requests = new Budget(limits.requestBurst, limits.requestRate)
    this.#served = new Turnstile(limits.requestsServed)
    this.#sent = new Turnstile(limits.requestsSent)
  }

  async listen(): Promise<void> {
    const { requestsServed, requestsSent } = this.#wiring.limits
    // One more than are served, so that the surplus meets our own limit, which counts it.
    const options = { maxInboundStreams: requestsServed + 1, maxOutboundStreams: requestsSent }
    for (const protocol of DIRECT_PROTOCOLS) {
      const serve = (stream: Stream, connection: Connection): Promise<void> =>
        this.#serve(protocol, stream, connection.remotePeer.toString())
      await this.#node.handle(protocolId(protocol), serve, options)
    }
  }

  /** Asks over a connection that stands. Throws `TransportError`, also when `signal` aborts. */
  async request(
    connection: Connection,
    protocol: DirectProtocol,
    payload: Uint8Array,
    signal: AbortSignal,
  ): Promise<Bytes> {
    const peerId = connection.remotePeer.toString()
    const { limits, stopping } = this.#wiring
    const patience = AbortSignal.any([signal, stopping, AbortSignal.timeout(limits.requestTime + 2_000)])
    try {
      using _pass = await this.#sent.enter(peerId, patience)
      const stream = await connection.newStream(protocolId(protocol), { signal: patience })
      using _end = endWith(stream, patience)
      await writeFrame(stream, payload, patience)
      const answer = await readFrame(stream, MAX_DIRECT_BYTES)
      if (answer.kind === "frame") return answer.payload
      stream.abort(new Error(answer.why))
      throw new TransportError(`${peerId} answered "${protocol}" with a frame that is ${answer.why}`)
    } catch (cause) {
      if (cause instanceof TransportError) throw cause
      throw new TransportError(`${peerId} gave no answer to "${protocol}"`, { cause })
    }
  }

  prune(now: number): void {
    this.#requests.prune(now)
  }

  async #serve(protocol: DirectProtocol, stream: Stream, peerId: string): Promise<void> {
    const { limits, now, fault, failed, stopping } = this.#wiring
    using pass = this.#served.tryEnter(peerId)
    if (pass === undefined || !this.#requests.take(peerId, now())) {
      fault(peerId, "request-flood")
      stream.abort(new Error("too many requests"))
      return
    }
    const broken = new AbortController()
    stream.addEventListener("close", ({ error }) => error !== undefined && broken.abort(error), { once: true })
    const patience = AbortSignal.any([broken.signal, stopping, AbortSignal.timeout(limits.requestTime)])
    using _end = endWith(stream, patience)
    const request = await readRequest(stream)
    if (request.kind === "broken") return
    if (request.kind === "malformed") {
      fault(peerId, "malformed-request")
      stream.abort(new Error(request.why))
      return
    }
    try {
      await writeFrame(stream, await this.#answer(protocol, request.payload, peerId, patience), patience)
    } catch (error) {
      stream.abort(new Error("refused"))
      failed(peerId, protocol, error)
    }
  }

  async #answer(protocol: DirectProtocol, payload: Bytes, from: string, signal: AbortSignal): Promise<Bytes> {
    const answer = await this.#wiring.answer(protocol, payload, from, signal)
    if (answer.length > MAX_DIRECT_BYTES) throw new RangeError(`an answer of ${answer.length} bytes`)
    return answer
  }
}

/** A stream that breaks while a request arrives is the peer's affair and no fault. */
async function readRequest(stream: Stream): Promise<FrameRead | { readonly kind: "broken" }> {
  try {
    return await readFrame(stream, MAX_DIRECT_BYTES)
  } catch {
    return { kind: "broken" }
  }
}

/** Aborts the stream when the signal does, as long as it is not disposed of. */
function endWith(stream: Stream, signal: AbortSignal): Disposable {
  const end = (): void => stream.abort(new Error("out of time"))
  signal.addEventListener("abort", end, { once: true })
  if (signal.aborted) end()
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", end) }
}
