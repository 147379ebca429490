import { equalBytes, type Bytes } from "@starling/kernel"
import { digest } from "../binding.ts"
import { decodeTapAnswer, tapReceipt } from "../tap/tap-answer.ts"
import type { CardPeer, HandOver } from "../tap/card.ts"
import type { Tap } from "./ports.ts"

interface Waiting {
  readonly request: Bytes
  readonly answered: (answer: HandedOver) => void
}

/** An answer that a card committed, until the client has said whether its key is durable. */
interface HandedOver {
  readonly response: Bytes
  readonly channel: string | undefined
  readonly digest: Bytes
  readonly requestDigest: Bytes
  readonly outcome: Promise<HandOver>
  readonly resolve: (outcome: HandOver) => void
}

/**
 * A tap whose card is a phone: it carries the request to a Local Provider's reader, and brings the answer when it was there. However
 * long that takes, and however often the tap is torn. The phone hears that the key is durable when the pool has it.
 */
export class PhoneTap implements Tap, CardPeer {
  readonly path = "nfc tap"
  #request: Bytes | undefined
  #waiting: Waiting | undefined
  #handedOver: HandedOver | undefined
  #settled: { readonly digest: Bytes; readonly receipt: Bytes } | undefined
  #phone: ((request: Bytes | undefined) => void) | undefined

  /** Tells a phone of the request at hand, and of each that follows. It takes the place of the phone before. */
  attach(offer: (request: Bytes | undefined) => void): Disposable {
    this.#phone = offer
    offer(this.#request)
    return {
      [Symbol.dispose]: () => {
        if (this.#phone === offer) this.#phone = undefined
      },
    }
  }

  async transceive(request: Bytes, signal: AbortSignal, told?: (channel: string) => void): Promise<Bytes> {
    signal.throwIfAborted()
    this.refuse()
    this.#offer(request)
    const { promise, resolve, reject } = Promise.withResolvers<HandedOver>()
    const giveUp = (): void => reject(signal.reason)
    this.#waiting = { request, answered: resolve }
    signal.addEventListener("abort", giveUp, { once: true })
    try {
      const { response, channel } = await promise
      if (channel !== undefined) told?.(channel)
      return response
    } finally {
      signal.removeEventListener("abort", giveUp)
      this.#waiting = undefined
    }
  }

  settled(response: Bytes): void {
    const handedOver = this.#handedOver
    if (handedOver === undefined || !equalBytes(handedOver.response, response)) return
    const receipt = tapReceipt(handedOver.requestDigest, handedOver.digest)
    this.#settled = { digest: handedOver.digest, receipt }
    this.#handedOver = undefined
    handedOver.resolve({ kind: "durable", receipt })
    this.#offer(undefined)
  }

  /** Nothing came of what was handed over, if anything was. The request stays: another tap may bring another answer. */
  refuse(): void {
    this.#handedOver?.resolve({ kind: "refused" })
    this.#handedOver = undefined
  }

  async handOver(requestDigest: Bytes, bytes: Bytes): Promise<HandOver> {
    const name = digest(bytes)
    if (this.#settled !== undefined && equalBytes(name, this.#settled.digest)) {
      return { kind: "durable", receipt: this.#settled.receipt }
    }
    if (this.#handedOver !== undefined) {
      return equalBytes(name, this.#handedOver.digest) ? await this.#handedOver.outcome : { kind: "silent" }
    }
    const answer = decodeTapAnswer(bytes)
    if (answer.kind === "malformed") return { kind: "refused" }
    // The client is about to ask again, or has nothing to ask: the card keeps what it has.
    if (this.#waiting === undefined) return { kind: "silent" }
    const { request, answered } = this.#waiting
    if (!equalBytes(digest(request), requestDigest)) return { kind: "refused" }
    const { promise: outcome, resolve } = Promise.withResolvers<HandOver>()
    this.#handedOver = { ...answer.value, digest: name, requestDigest, outcome, resolve }
    answered(this.#handedOver)
    return await outcome
  }

  #offer(request: Bytes | undefined): void {
    this.#request = request
    this.#phone?.(request)
  }
}
