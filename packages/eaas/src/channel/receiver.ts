import { toHex, type Bytes } from "@starling/kernel"
import { digest } from "../binding.ts"
import { KeyServiceError, type KeyProvenance } from "../kme/read-answer.ts"
import type { QuantumKey, Sae } from "../kme/sae.ts"
import { OneTimeKey } from "./one-time-key.ts"
import { keyBytesFor, unprotect } from "./protect.ts"
import { boundData, decodeSealedAnswer, type Protection, type SealedAnswer } from "./sealed-answer.ts"

/** What came out of the channel, and how it was protected; or why nothing did. */
export type Opened =
  | {
      readonly kind: "opened"
      readonly answer: Bytes
      readonly protection: Protection
      readonly provenance: KeyProvenance
    }
  | { readonly kind: "refused"; readonly reason: "malformed" | "replayed" | "no-such-key" | "tampered" }

/** Answers of one session that are remembered; older ones are refused unseen. Their keys are gone by then anyway. */
const WINDOW = 1024n
const MAX_SESSIONS = 8

/** The Local Provider's end of the quantum channel. */
export class ChannelReceiver {
  readonly #sae: Sae
  readonly #seen = new Map<string, Set<bigint>>()

  constructor(sae: Sae) {
    this.#sae = sae
  }

  /** Opens what the SAE `master` sealed in answer to `request`. Throws `Unreachable` where the KME can't be reached. */
  async open(frame: Uint8Array, request: Uint8Array, master: string, signal: AbortSignal): Promise<Opened> {
    const decoded = decodeSealedAnswer(frame)
    if (decoded.kind === "malformed") return { kind: "refused", reason: "malformed" }
    const sealed = decoded.value
    if (!this.#isFresh(sealed)) return { kind: "refused", reason: "replayed" }
    const key = await this.#key(sealed, master, signal)
    if (key === undefined) return { kind: "refused", reason: "no-such-key" }
    const binding = { master, slave: this.#sae.id, request: digest(request) }
    const bound = boundData(sealed, binding, sealed.ciphertext.length)
    const answer = unprotect(sealed.protection, new OneTimeKey(key.bytes), bound, sealed)
    if (answer === undefined) return { kind: "refused", reason: "tampered" }
    this.#remember(sealed)
    return { kind: "opened", answer, protection: sealed.protection, provenance: key.provenance }
  }

  async #key(
    { protection, keyIds, ciphertext }: SealedAnswer,
    master: string,
    signal: AbortSignal,
  ): Promise<QuantumKey | undefined> {
    try {
      return await this.#sae.keyNamed(master, keyIds, keyBytesFor(protection, ciphertext.length), signal)
    } catch (error) {
      if (error instanceof KeyServiceError) return undefined
      throw error
    }
  }

  #isFresh({ session, sequence }: SealedAnswer): boolean {
    const seen = this.#seen.get(toHex(session))
    if (seen === undefined) return true
    const newest = [...seen].reduce((a, b) => (a > b ? a : b), 0n)
    return !seen.has(sequence) && sequence + WINDOW > newest
  }

  /** Only what was genuine: a stranger can't make us forget. */
  #remember({ session, sequence }: SealedAnswer): void {
    const name = toHex(session)
    const seen = this.#seen.get(name) ?? new Set()
    this.#seen.delete(name)
    this.#seen.set(name, seen)
    seen.add(sequence)
    for (const old of seen) if (old + WINDOW <= sequence) seen.delete(old)
    for (const oldest of this.#seen.keys()) if (this.#seen.size > MAX_SESSIONS) this.#seen.delete(oldest)
  }
}
