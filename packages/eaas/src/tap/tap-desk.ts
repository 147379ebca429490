import { equalBytes, toHex, type Bytes } from "@starling/kernel"
import { digest } from "../binding.ts"
import { passageSentence } from "../channel/passage.ts"
import { decodeKeyResponse } from "../frames/key-response.ts"
import type { Refusal } from "../frames/refusals.ts"
import type { LocalProvider } from "../local-provider.ts"
import type { CardLink } from "./card-link.ts"
import { CardRefused, CardSession, type CardFault } from "./card-session.ts"
import type { CardState } from "./commands.ts"
import { encodeTapAnswer, tapReceipt } from "./tap-answer.ts"

/** What became of one exchange with a card in the field. */
export type TapOutcome =
  /** It has no request, or its last one is settled. */
  | { readonly kind: "idle" }
  /** Its peer has the key on its disk, by the receipt. */
  | { readonly kind: "delivered" }
  /** Its peer got an answer with no key in it. */
  | { readonly kind: "turned-away"; readonly reason: Refusal }
  /** What the card said is no part of this protocol, or it said no. */
  | { readonly kind: "refused"; readonly reason: CardFault }

interface Answer {
  /** As it is put on the card. */
  readonly bytes: Bytes
  readonly digest: Bytes
  /** Why there is no key in it. */
  readonly refusal: Refusal | undefined
}

/** What is known of a request until its receipt has come. */
interface Visit {
  /** As much of it as was taken. */
  request: Bytes
  /** One with a key. Others may change, and are asked for anew. */
  answer: Answer | undefined
  asking: Promise<Answer> | undefined
}

/** Requests that are remembered, each of at most two frames. */
const MOST_VISITS = 64
/** A card that waits is spoken to so often. In milliseconds. */
const PERIOD = 100
/** A card whose peer is slow to acknowledge is asked so often. */
const COMMITS = 20

/**
 * The Local Provider's side of a tap: the reader asks, the card answers. It takes the request, has it answered, puts the
 * answer on the card and waits for the receipt. What a torn tap left undone goes on with the next, at any reader of the branch.
 */
export class TapDesk {
  readonly #provider: Pick<LocalProvider, "request">
  readonly #pause: (milliseconds: number) => Promise<void>
  readonly #visits = new Map<string, Visit>()

  constructor(provider: Pick<LocalProvider, "request">, pause: (milliseconds: number) => Promise<void>) {
    this.#provider = provider
    this.#pause = pause
  }

  /** One exchange. `signal` ends what is asked of the PVS. Throws `CardGone`. */
  async serve(link: CardLink, signal: AbortSignal): Promise<TapOutcome> {
    try {
      const card = new CardSession(link)
      const state = await card.select()
      const known = this.#visits.get(toHex(state.requestDigest))
      // The tap before was torn between the peer's disk and the reader: the receipt is still to be had.
      if (state.settled && known?.answer !== undefined) return await this.#commit(card, state, known.answer)
      if (state.settled || state.requestLength === 0) return { kind: "idle" }
      return await this.#exchange(card, state, known ?? this.#open(state), signal)
    } catch (error) {
      if (error instanceof CardRefused) return { kind: "refused", reason: error.reason }
      throw error
    }
  }

  async #exchange(card: CardSession, state: CardState, visit: Visit, signal: AbortSignal): Promise<TapOutcome> {
    const request = await card.pull(state, visit.request, (taken) => {
      visit.request = taken
    })
    const answer = visit.answer ?? (await this.#ask(card, visit, request, signal))
    await card.put(answer.bytes, state.received)
    return await this.#commit(card, state, answer)
  }

  /** Has the request answered while the card stays; what comes after it left is kept for its next tap. */
  async #ask(card: CardSession, visit: Visit, request: Bytes, signal: AbortSignal): Promise<Answer> {
    const asking = (visit.asking ??= this.#answer(visit, request, signal))
    // Where the card leaves first, nobody is left to hear of a failure; the next tap asks anew.
    asking.catch(() => {})
    for (;;) {
      const answer = await Promise.race([asking, this.#pause(PERIOD)])
      if (answer !== undefined) return answer
      await card.status()
    }
  }

  async #answer(visit: Visit, request: Bytes, signal: AbortSignal): Promise<Answer> {
    try {
      let channel: string | undefined
      const response = await this.#provider.request(request, signal, (passage) => {
        channel = passageSentence(passage)
      })
      const bytes = encodeTapAnswer({ response, channel })
      const answer = { bytes, digest: digest(bytes), refusal: refusalIn(response) }
      if (answer.refusal === undefined) visit.answer = answer
      return answer
    } finally {
      visit.asking = undefined
    }
  }

  async #commit(card: CardSession, state: CardState, answer: Answer): Promise<TapOutcome> {
    for (let attempt = 1; ; attempt++) {
      const { status, receipt } = await card.commit(answer.digest)
      if (status === "done") return this.#settle(state, answer, receipt)
      if (status === "peer-refused" && answer.refusal !== undefined) {
        return { kind: "turned-away", reason: answer.refusal }
      }
      // It held a part of another answer, and has forgotten that.
      if (status === "wrong-digest" && attempt === 1) await card.put(answer.bytes, 0)
      else if (status === "not-acknowledged" && attempt < COMMITS) await this.#pause(PERIOD)
      else return { kind: "refused", reason: status }
    }
  }

  #settle(state: CardState, answer: Answer, receipt: Bytes): TapOutcome {
    if (!equalBytes(receipt, tapReceipt(state.requestDigest, answer.digest))) {
      return { kind: "refused", reason: "wrong-receipt" }
    }
    this.#visits.delete(toHex(state.requestDigest))
    return { kind: "delivered" }
  }

  #open({ requestDigest }: CardState): Visit {
    for (const oldest of this.#visits.keys()) {
      if (this.#visits.size < MOST_VISITS) break
      this.#visits.delete(oldest)
    }
    const visit: Visit = { request: new Uint8Array(), answer: undefined, asking: undefined }
    this.#visits.set(toHex(requestDigest), visit)
    return visit
  }
}

function refusalIn(response: Bytes): Refusal | undefined {
  const decoded = decodeKeyResponse(response)
  if (decoded.kind === "malformed") return "malformed"
  return decoded.value.kind === "answered" ? undefined : decoded.value.reason
}
