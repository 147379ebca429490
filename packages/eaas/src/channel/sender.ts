import type { Bytes } from "@starling/kernel"
import { digest } from "../binding.ts"
import { KeyServiceError, type KeyProvenance } from "../kme/read-answer.ts"
import type { QuantumKey, Sae } from "../kme/sae.ts"
import { Unreachable, type RandomPort } from "../ports.ts"
import { OneTimeKey } from "./one-time-key.ts"
import { keyBytesFor, protect } from "./protect.ts"
import { boundData, encodeSealedAnswer, SESSION_BYTES, type Protection } from "./sealed-answer.ts"

/**
 * What happens where the KME has less key than an answer needs: wait for more, fail at once, or take 256 bits for
 * AES-256-GCM in place of a one-time pad, which the answer then says.
 */
export type ShortagePolicy = "wait" | "fail" | "aes-256-gcm"

export interface ChannelSenderOptions {
  readonly sae: Sae
  readonly policy: ShortagePolicy
  readonly random: RandomPort
  /** Resolves after so many milliseconds; rejects when `signal` aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>
  /** Refuses keys that say of themselves that they are simulated. */
  readonly production: boolean
}

export interface Sealed {
  readonly frame: Bytes
  readonly protection: Protection
  readonly provenance: KeyProvenance
}

/** How often, and for how long, the policy `wait` asks again. In milliseconds. */
const PERIOD = 250
const ATTEMPTS = 40

/** The PVS's end of the quantum channel. */
export class ChannelSender {
  readonly #options: ChannelSenderOptions
  readonly #session: Bytes
  #sequence = 0n

  constructor(options: ChannelSenderOptions) {
    this.#options = options
    this.#session = options.random.draw(SESSION_BYTES, "channel session")
  }

  /**
   * Seals an answer for the SAE `slave`, under keys that nothing else is ever sealed with. Throws `Unreachable` where
   * the KME can't be reached, or has no key that the policy allows.
   */
  async seal(answer: Uint8Array, request: Uint8Array, slave: string, signal: AbortSignal): Promise<Sealed> {
    const { protection, key } = await this.#key(answer.length, slave, signal)
    const { sae } = this.#options
    const header = { protection, session: this.#session, sequence: this.#sequence++, keyIds: key.ids }
    const bound = boundData(header, { master: sae.id, slave, request: digest(request) }, answer.length)
    const frame = encodeSealedAnswer({ ...header, ...protect(protection, new OneTimeKey(key.bytes), bound, answer) })
    return { frame, protection, provenance: key.provenance }
  }

  async #key(
    length: number,
    slave: string,
    signal: AbortSignal,
  ): Promise<{ readonly protection: Protection; readonly key: QuantumKey }> {
    const { policy, pause } = this.#options
    for (let attempt = 1; ; attempt++) {
      const pad = await this.#tryKey("one-time pad", length, slave, signal)
      if (pad !== undefined) return { protection: "one-time pad", key: pad }
      if (policy === "aes-256-gcm") {
        const key = await this.#tryKey("aes-256-gcm", length, slave, signal)
        if (key !== undefined) return { protection: "aes-256-gcm", key }
      }
      if (policy !== "wait" || attempt === ATTEMPTS) throw new Unreachable("the quantum channel has too little key")
      await pause(PERIOD, signal)
    }
  }

  /** `undefined` where there is too little. */
  async #tryKey(
    protection: Protection,
    length: number,
    slave: string,
    signal: AbortSignal,
  ): Promise<QuantumKey | undefined> {
    try {
      const key = await this.#options.sae.keyFor(slave, keyBytesFor(protection, length), signal)
      if (!(this.#options.production && key.provenance.simulated)) return key
      key.bytes.fill(0)
      throw new Unreachable("the quantum channel is simulated, which a production configuration refuses")
    } catch (error) {
      if (!(error instanceof KeyServiceError)) throw error
      if (error.reason === "short") return undefined
      throw new Unreachable(`the quantum channel gives no key: ${error.message}`, { cause: error })
    }
  }
}
