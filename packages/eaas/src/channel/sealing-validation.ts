import { toHex, type Bytes } from "@starling/kernel"
import { decodeForwardedRequest } from "../frames/key-request.ts"
import { encodeKeyResponse } from "../frames/key-response.ts"
import type { ValidationApi } from "../ports.ts"
import type { ChannelSender } from "./sender.ts"
import type { Passage } from "./passage.ts"

/**
 * The PVS as its Local Providers reach it over the quantum channel: what it answers is sealed for the one who asked. The
 * PVS has stored the answer by then, so that nothing is lost where there is no key to seal it with: it is asked again.
 */
export class SealingValidation implements ValidationApi {
  readonly #inner: ValidationApi
  readonly #sender: ChannelSender
  readonly #saes: ReadonlyMap<string, string>
  readonly #observe: (passage: Passage) => void

  /** `saes`: names of the Local Providers at their KMEs, by their ids in hexadecimal. */
  constructor(
    inner: ValidationApi,
    sender: ChannelSender,
    saes: ReadonlyMap<string, string>,
    observe: (passage: Passage) => void,
  ) {
    this.#inner = inner
    this.#sender = sender
    this.#saes = saes
    this.#observe = observe
  }

  async countersign(proposal: Bytes, signal: AbortSignal): Promise<Bytes> {
    return await this.#inner.countersign(proposal, signal)
  }

  async request(forwarded: Bytes, signal: AbortSignal): Promise<Bytes> {
    const decoded = decodeForwardedRequest(forwarded)
    const sae = decoded.kind === "ok" ? this.#saes.get(toHex(decoded.value.localProvider)) : undefined
    // Nobody to seal it for: a turning away, which holds nothing, is all that a stranger gets.
    if (sae === undefined) return encodeKeyResponse({ kind: "turned-away", reason: "unknown-local-provider" })
    const answer = await this.#inner.request(forwarded, signal)
    const { frame, protection, provenance } = await this.#sender.seal(answer, forwarded, sae, signal)
    this.#observe({ protection, ...provenance })
    return frame
  }
}
