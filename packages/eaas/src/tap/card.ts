import { equalBytes, type Bytes } from "@starling/kernel"
import { digest } from "../binding.ts"
import { DIGEST_BYTES } from "../protocol.ts"
import { decodeCommand, encodeResponse, MAX_RESPONSE_DATA, type Command } from "./apdu.ts"
import {
  APPLICATION,
  BLOCK_BYTES,
  encodeCardState,
  INSTRUCTION,
  OFFSET_BYTES,
  TAP_CLASS,
  type CardState,
} from "./commands.ts"
import { StatusWord } from "./status-word.ts"
import { MAX_TAP_ANSWER_BYTES } from "./tap-answer.ts"

/** The peer that a card belongs to. */
export interface CardPeer {
  /**
   * Takes a whole tap answer to a request, as often as it is committed. Resolves to the receipt once its key is durable;
   * `refused` where there is none in it, `silent` where nothing is known of it yet.
   */
  handOver(requestDigest: Bytes, answer: Bytes): Promise<HandOver>
}

export type HandOver =
  | { readonly kind: "durable"; readonly receipt: Bytes }
  | { readonly kind: "refused" }
  | { readonly kind: "silent" }

interface Request {
  readonly frame: Bytes
  readonly digest: Bytes
}

interface Settled {
  readonly requestDigest: Bytes
  readonly answerDigest: Bytes
  readonly receipt: Bytes
}

/**
 * The card's side of a tap: it holds one request of its peer, gathers the answer, and says `done` once the peer has the
 * key on its disk. It opens nothing. All of it outlives the field: a torn tap goes on where it was torn. The one that
 * phones carry is `android/applet`, in Java; this one stands in for it.
 */
export class TapCard {
  readonly #peer: CardPeer
  readonly #received = new Uint8Array(MAX_TAP_ANSWER_BYTES)
  #length = 0
  /** What was received is a whole answer, by its digest, and the peer has not said yet what it makes of it. */
  #committed = false
  #request: Request | undefined
  #settled: Settled | undefined
  #selected = false

  constructor(peer: CardPeer) {
    this.#peer = peer
  }

  /**
   * The peer's request, or that it has none. What was received for another is forgotten. True where its answer was
   * committed while the peer was away: `handOverAgain` then needs no reader.
   */
  offer(frame: Bytes | undefined): boolean {
    const request = frame === undefined ? undefined : { frame: frame.slice(), digest: digest(frame) }
    const same =
      request !== undefined && this.#request !== undefined && equalBytes(request.digest, this.#request.digest)
    if (!same) this.#forget()
    this.#request = request
    return this.#committed
  }

  async handOverAgain(): Promise<void> {
    if (this.#request !== undefined && this.#committed) await this.#handOver(this.#request)
  }

  /** The reader's field is gone, and with it what was selected. */
  leaveField(): void {
    this.#selected = false
  }

  /** Answers a command. Never throws on what a reader sends. */
  async process(bytes: Uint8Array): Promise<Bytes> {
    const decoded = decodeCommand(bytes)
    if (decoded.kind === "malformed") return word("wrong-length")
    const command = decoded.value
    if (command.cla === 0 && command.ins === INSTRUCTION.select) return this.#select(command)
    if (!this.#selected) return word("not-selected")
    if (command.cla !== TAP_CLASS) return word("unknown-class")
    switch (command.ins) {
      case INSTRUCTION.getRequest:
        return this.#getRequest(command)
      case INSTRUCTION.putAnswer:
        return this.#putAnswer(command)
      case INSTRUCTION.commit:
        return await this.#commit(command)
      case INSTRUCTION.status:
        return encodeResponse(StatusWord.code("done"), uint32(this.#length))
      default:
        return word("unknown-instruction")
    }
  }

  #select({ p1, p2, data }: Command): Bytes {
    this.#selected = false
    if (p1 !== 4 || p2 !== 0) return word("wrong-parameters")
    if (!equalBytes(data, APPLICATION)) return word("unknown-application")
    this.#selected = true
    return encodeResponse(StatusWord.code("done"), encodeCardState(this.#state()))
  }

  #state(): CardState {
    if (this.#request !== undefined) {
      const { frame, digest } = this.#request
      return { settled: false, requestLength: frame.length, received: this.#length, requestDigest: digest }
    }
    const requestDigest = this.#settled?.requestDigest ?? new Uint8Array(DIGEST_BYTES)
    return { settled: this.#settled !== undefined, requestLength: 0, received: 0, requestDigest }
  }

  #getRequest({ p1, p2, le }: Command): Bytes {
    if (this.#request === undefined) return word("not-selected")
    const offset = ((p1 << 8) | p2) * BLOCK_BYTES
    if (offset >= this.#request.frame.length) return word("wrong-offset")
    const part = this.#request.frame.subarray(offset, offset + (le ?? MAX_RESPONSE_DATA))
    return encodeResponse(StatusWord.code("done"), part)
  }

  #putAnswer({ data }: Command): Bytes {
    if (this.#request === undefined) return word("not-selected")
    if (data.length <= OFFSET_BYTES) return word("wrong-length")
    const offset = new DataView(data.buffer, data.byteOffset).getUint32(0)
    const part = data.subarray(OFFSET_BYTES)
    if (offset > this.#length) return word("wrong-offset")
    if (offset + part.length > MAX_TAP_ANSWER_BYTES) return word("too-much")
    // What comes again is what is there; should it be something else, the digest tells.
    if (offset === this.#length) {
      this.#received.set(part, offset)
      this.#length += part.length
    }
    return word("done")
  }

  async #commit({ data }: Command): Promise<Bytes> {
    if (data.length !== DIGEST_BYTES) return word("wrong-length")
    if (this.#settled !== undefined && equalBytes(data, this.#settled.answerDigest)) {
      return encodeResponse(StatusWord.code("done"), this.#settled.receipt)
    }
    const request = this.#request
    if (request === undefined || this.#length === 0) return word("not-selected")
    if (!equalBytes(digest(this.#received.subarray(0, this.#length)), data)) {
      this.#forget()
      return word("wrong-digest")
    }
    this.#committed = true
    const outcome = await this.#handOver(request)
    if (outcome.kind === "durable") return encodeResponse(StatusWord.code("done"), outcome.receipt)
    return word(outcome.kind === "refused" ? "peer-refused" : "not-acknowledged")
  }

  async #handOver(request: Request): Promise<HandOver> {
    const answer = this.#received.slice(0, this.#length)
    const outcome = await this.#peer.handOver(request.digest, answer)
    if (outcome.kind === "silent") return outcome
    if (outcome.kind === "durable") {
      this.#settled = { requestDigest: request.digest, answerDigest: digest(answer), receipt: outcome.receipt }
    }
    // The peer may have offered its next one by now.
    if (this.#request !== request) return outcome
    this.#forget()
    if (outcome.kind === "durable") this.#request = undefined
    return outcome
  }

  #forget(): void {
    this.#length = 0
    this.#committed = false
  }
}

function word(status: StatusWord): Bytes {
  return encodeResponse(StatusWord.code(status))
}

function uint32(value: number): Bytes {
  const bytes = new Uint8Array(OFFSET_BYTES)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}
