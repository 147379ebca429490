import type { Bytes } from "@starling/kernel"
import { Unreachable, type ValidationApi } from "../ports.ts"
import type { Passage } from "./passage.ts"
import type { ChannelReceiver } from "./receiver.ts"

/**
 * The PVS as a Local Provider sees it over the quantum channel. Whatever isn't sealed, or not for this request here and
 * now, is no answer: there is no way back to an open line.
 */
export class OpeningValidation implements ValidationApi {
  readonly #inner: ValidationApi
  readonly #receiver: ChannelReceiver
  readonly #master: string

  /** `master`: the PVS's name at its KME. */
  constructor(inner: ValidationApi, receiver: ChannelReceiver, master: string) {
    this.#inner = inner
    this.#receiver = receiver
    this.#master = master
  }

  async countersign(proposal: Bytes, signal: AbortSignal): Promise<Bytes> {
    return await this.#inner.countersign(proposal, signal)
  }

  async request(forwarded: Bytes, signal: AbortSignal, told?: (passage: Passage) => void): Promise<Bytes> {
    const frame = await this.#inner.request(forwarded, signal)
    const opened = await this.#receiver.open(frame, forwarded, this.#master, signal)
    if (opened.kind === "refused") throw new Unreachable(`what came over the quantum channel is ${opened.reason}`)
    told?.({ protection: opened.protection, ...opened.provenance })
    return opened.answer
  }
}
