import { exchange, MAX_FRAME_BYTES, Unreachable, type ValidationApi } from "@starling/eaas"
import { MAX_SEALED_ANSWER_BYTES } from "@starling/eaas/channel"
import type { Bytes } from "@starling/kernel"

/** The PVS in another process, at `url`. */
export class HttpValidation implements ValidationApi {
  readonly #url: string

  constructor(url: string) {
    this.#url = url.endsWith("/") ? url : `${url}/`
  }

  async countersign(proposal: Bytes, signal: AbortSignal): Promise<Bytes> {
    return await this.#post("epochs", proposal, MAX_FRAME_BYTES, signal)
  }

  async request(forwarded: Bytes, signal: AbortSignal): Promise<Bytes> {
    return await this.#post("requests", forwarded, MAX_SEALED_ANSWER_BYTES, signal)
  }

  async #post(path: string, frame: Bytes, max: number, signal: AbortSignal): Promise<Bytes> {
    const answer = await exchange(new URL(path, this.#url).href, frame, max, signal)
    if (answer === undefined) throw new Unreachable(`no validation server at ${this.#url}`)
    return answer
  }
}
