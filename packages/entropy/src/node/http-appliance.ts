import { concat, wipe, type Bytes, type Secret } from "@starling/kernel"

import { SourceFailed } from "../source-failed.ts"
import type { EntropySource } from "../source.ts"
import type { ApplianceProfile, Ask } from "./appliances/profile.ts"
import { httpGet, type HttpAnswer } from "./http-get.ts"
import { Patience } from "./patience.ts"

/** Less than a client waits for its key. */
const PATIENCE = 10_000
const FIRST_PAUSE = 200
/** Asked for at once, so that a request brings more than one window. */
const LEAST = 1024

export interface HttpApplianceOptions {
  readonly profile: ApplianceProfile
  /** `https:`, or `http:` on this machine; without a user, a query or a fragment. */
  readonly address: URL
  /** Goes into a header, and nowhere else. */
  readonly key?: Secret | undefined
  /** PEM of the authority that signs the appliance's certificate: it, and none of those that Node brings. */
  readonly authority?: string | undefined
  readonly entropyPerByte: number
  /** Milliseconds for one read, with all its attempts. */
  readonly patience?: number
}

/**
 * A generator behind HTTP. What passes by itself (no answer, 429, an empty stock, 5xx) is tried again while patience
 * lasts; everything else fails at once. What one request brought too much is kept for the next read.
 */
export class HttpAppliance implements EntropySource {
  readonly id: string
  readonly simulated = false
  readonly kind = "raw"
  readonly entropyPerByte: number
  readonly #options: HttpApplianceOptions
  readonly #headers: Readonly<Record<string, string>>
  #held: Bytes = new Uint8Array()

  constructor(options: HttpApplianceOptions) {
    const { profile, address, key, entropyPerByte } = options
    requirePrivate(address)
    if ((key === undefined) !== (profile.authorise === undefined)) {
      throw new TypeError(`${profile.product} ${key === undefined ? "needs a key" : "has no use for a key"}`)
    }
    this.id = `${profile.product} (untested on hardware)`
    this.entropyPerByte = entropyPerByte
    this.#options = options
    this.#headers = key === undefined ? {} : (profile.authorise?.(textOf(key)) ?? {})
  }

  /** Throws `SourceFailed`. */
  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const patience = new Patience(signal, this.#options.patience ?? PATIENCE)
    while (this.#held.length < length) {
      const more = await this.#request(Math.max(length - this.#held.length, LEAST), patience)
      const joined = concat(this.#held, more)
      wipe(this.#held, more)
      this.#held = joined
    }
    const out = this.#held.slice(0, length)
    const rest = this.#held.slice(length)
    wipe(this.#held)
    this.#held = rest
    return out
  }

  async [Symbol.asyncDispose](): Promise<void> {
    wipe(this.#held)
    this.#held = new Uint8Array()
  }

  async #request(length: number, patience: Patience): Promise<Bytes> {
    const ask = this.#options.profile.ask(length)
    let failure: SourceFailed | undefined
    for (let pause = FIRST_PAUSE; ; pause *= 2) {
      const outcome = await this.#attempt(ask, patience)
      if (!(outcome instanceof SourceFailed)) return outcome
      // That an attempt was cut off by the time says less than what went wrong before.
      if (failure === undefined || outcome.fault !== "too slow") failure = outcome
      await patience.wait(pause)
      if (!patience.lasts) throw failure
    }
  }

  /** Gives what passes by itself, throws what doesn't. */
  async #attempt(ask: Ask, patience: Patience): Promise<Bytes | SourceFailed> {
    const { profile, address, authority } = this.#options
    const answer = await httpGet(new URL(ask.path, address), {
      headers: { accept: "application/json, application/octet-stream", ...this.#headers },
      authority,
      maxBody: ask.maxAnswer,
      signal: patience.signal,
    })
    if (!patience.lasts) return new SourceFailed(this.id, "too slow", "no whole answer in time")
    if (answer.kind === "failed") {
      const failure = new SourceFailed(this.id, answer.fault, answer.code)
      if (answer.fault === "unreachable") return failure
      throw failure
    }
    const refusal = this.#judge(answer)
    if (refusal !== undefined) return refusal
    const bytes = profile.read(answer.body, ask)
    wipe(answer.body)
    if (bytes.kind === "malformed") throw new SourceFailed(this.id, "malformed answer", bytes.why)
    return bytes.value
  }

  #judge({ status }: Extract<HttpAnswer, { kind: "answered" }>): SourceFailed | undefined {
    const detail = `HTTP status ${status}`
    if (status === 200) return undefined
    if (status === 429 || status === this.#options.profile.exhausted)
      return new SourceFailed(this.id, "exhausted", detail)
    if (status >= 500) return new SourceFailed(this.id, "server error", detail)
    throw new SourceFailed(this.id, status >= 400 ? "refused" : "malformed answer", detail)
  }
}

function requirePrivate(address: URL): void {
  const loopback = ["127.0.0.1", "[::1]", "localhost"].includes(address.hostname)
  if (address.protocol !== "https:" && !(address.protocol === "http:" && loopback)) {
    throw new TypeError("an appliance is reached over https, or over http on this machine")
  }
  if (address.username !== "" || address.password !== "" || address.search !== "" || address.hash !== "") {
    throw new TypeError(
      "an appliance's address has no user, query or fragment: a key comes from a file or the environment",
    )
  }
}

function textOf(key: Secret): string {
  const text = Buffer.from(key.expose()).toString("latin1")
  if (!/^[\x21-\x7e]+$/.test(text)) throw new TypeError("the appliance's key isn't one line of visible characters")
  return text
}
