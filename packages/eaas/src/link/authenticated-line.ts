import { concat, wipe, type Bytes } from "@starling/kernel"
import { encode } from "@starling/wire"
import { isTaggedBy, MAC_BYTES, oneTimeMac } from "../one-time-mac.ts"
import type { End, RoundKeys } from "./authentication-key.ts"
import type { ClassicalLine } from "./classical-line.ts"

/** Whoever stands on the line changed, added, held back or reordered something. The round is void. */
export class LinkTampered extends Error {
  override readonly name = "LinkTampered"
}

/** Larger than any message of a block. */
const MAX_MESSAGE = 64 * 2 ** 20

/**
 * One round's exchange over a line that nobody trusts. A vouched message carries a one-time tag over itself, its author,
 * its round and number, and over everything that was said and heard since the last one; a plain message waits for the
 * next vouched one. The two ends speak in turn, so that they agree on what that is.
 */
export class AuthenticatedLine {
  readonly #line: ClassicalLine
  readonly #end: End
  readonly #round: number
  readonly #keys: RoundKeys
  #sinceLastTag: Bytes[] = []
  readonly #count: Record<End, number> = { source: 0, detector: 0 }

  constructor(line: ClassicalLine, end: End, round: number, keys: RoundKeys) {
    this.#line = line
    this.#end = end
    this.#round = round
    this.#keys = keys
  }

  say(message: Bytes): void {
    this.#sinceLastTag.push(message)
    this.#line.send(message)
  }

  async hear(): Promise<Bytes> {
    const message = await this.#receive()
    this.#sinceLastTag.push(message)
    return message
  }

  vouch(message: Bytes): void {
    const { key, covered } = this.#next(this.#end, message)
    const tag = oneTimeMac(covered, key)
    wipe(key)
    this.#line.send(concat(message, tag))
  }

  /** Throws `LinkTampered` where the tag is not that of the other end at this very point. */
  async hearVouched(): Promise<Bytes> {
    const received = await this.#receive()
    if (received.length < MAC_BYTES) throw new LinkTampered("a message without its tag")
    const message = received.slice(0, -MAC_BYTES)
    const { key, covered } = this.#next(this.#end === "source" ? "detector" : "source", message)
    const genuine = isTaggedBy(covered, received.subarray(received.length - MAC_BYTES), key)
    wipe(key)
    if (!genuine) throw new LinkTampered("a message that the other end didn't send, or not here and now")
    return message
  }

  /** Keys that the round didn't need are not kept for another. */
  wipeKeys(): void {
    wipe(...this.#keys.source, ...this.#keys.detector)
  }

  #next(author: End, message: Bytes): { readonly key: Bytes; readonly covered: Bytes } {
    const number = this.#count[author]++
    const key = this.#keys[author][number]
    if (key === undefined) throw new RangeError("a round with more vouched messages than keys")
    const head = encode((w) => w.text(`starling/v1/link ${author}`).uint32(this.#round).uint8(number))
    const heard = encode((w) => w.vector(this.#sinceLastTag, (w, said) => w.opaque(said)))
    this.#sinceLastTag = []
    return { key, covered: concat(head, heard, message) }
  }

  async #receive(): Promise<Bytes> {
    const message = await this.#line.receive()
    if (message.length > MAX_MESSAGE) throw new LinkTampered("a message longer than any")
    return message
  }
}
