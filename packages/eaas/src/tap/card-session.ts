import { concat, equalBytes, type Bytes } from "@starling/kernel"
import { digest } from "../binding.ts"
import { MAX_FRAME_BYTES } from "../protocol.ts"
import { decodeResponse, encodeCommand, type Command } from "./apdu.ts"
import type { CardLink } from "./card-link.ts"
import { BLOCK_BYTES, decodeCardState, PART_BYTES, TapCommand, type CardState } from "./commands.ts"
import { StatusWord } from "./status-word.ts"

export type CardFault = StatusWord | "malformed" | "wrong-request" | "wrong-receipt"

/** The card said no, or what is no part of the protocol. Thrown inside a session alone; `TapDesk` makes an outcome of it. */
export class CardRefused extends Error {
  override readonly name = "CardRefused"
  readonly reason: CardFault

  constructor(reason: CardFault) {
    super(reason)
    this.reason = reason
  }
}

/** What a reader asks of one card in its field, command by command. Throws `CardGone` and `CardRefused`. */
export class CardSession {
  readonly #link: CardLink

  constructor(link: CardLink) {
    this.#link = link
  }

  async select(): Promise<CardState> {
    const state = decodeCardState(await this.#demand(TapCommand.select()))
    if (state.kind === "malformed") throw new CardRefused("malformed")
    if (state.value.requestLength > MAX_FRAME_BYTES) throw new CardRefused("wrong-request")
    return state.value
  }

  /** Takes the rest of a request of which `known` is the beginning; `told` hears of each part, so that a torn tap loses none. */
  async pull(state: CardState, known: Bytes, told: (request: Bytes) => void): Promise<Bytes> {
    const isWhole = known.length === state.requestLength
    let request = isWhole ? known : known.slice(0, known.length - (known.length % BLOCK_BYTES))
    while (request.length < state.requestLength) {
      const part = await this.#demand(TapCommand.getRequest(request.length))
      const whole = request.length + part.length
      const isPart = whole === state.requestLength || (part.length > 0 && part.length % BLOCK_BYTES === 0)
      if (!isPart || whole > state.requestLength) throw new CardRefused("malformed")
      request = concat(request, part)
      told(request)
    }
    if (equalBytes(digest(request), state.requestDigest)) return request
    told(new Uint8Array())
    throw new CardRefused("wrong-request")
  }

  /** Puts an answer on the card, from where that holds it. */
  async put(answer: Bytes, received: number): Promise<void> {
    for (let at = Math.min(received, answer.length); at < answer.length; at += PART_BYTES) {
      await this.#demand(TapCommand.putAnswer(at, answer.subarray(at, at + PART_BYTES)))
    }
  }

  /** Keeps the field busy, and finds out whether the card is still there. */
  async status(): Promise<void> {
    await this.#demand(TapCommand.status())
  }

  async commit(answerDigest: Bytes): Promise<{ readonly status: StatusWord; readonly receipt: Bytes }> {
    const { status, data } = await this.#tell(TapCommand.commit(answerDigest))
    return { status, receipt: data }
  }

  async #demand(command: Command): Promise<Bytes> {
    const { status, data } = await this.#tell(command)
    if (status !== "done") throw new CardRefused(status)
    return data
  }

  async #tell(command: Command): Promise<{ readonly status: StatusWord; readonly data: Bytes }> {
    const response = decodeResponse(await this.#link.transmit(encodeCommand(command)))
    if (response.kind === "malformed") throw new CardRefused("malformed")
    const status = StatusWord.fromCode(response.value.status)
    if (status === undefined) throw new CardRefused("malformed")
    return { status, data: response.value.data }
  }
}
