import type { Delivery } from "@starling/entropy"
import type { Bytes, Milliseconds } from "@starling/kernel"

/** Steps of one key request, in their order; what a screen shows of a refill. */
export const REFILL_STEPS = ["registering", "sealing", "leaves", "proving", "requesting", "opening"] as const
export type RefillStep = (typeof REFILL_STEPS)[number]

/** One request brings one of these, whole. */
export type KeyLength = 1024 | 8192

export interface DeliveredKey {
  readonly bytes: Bytes
  readonly delivery: Omit<Delivery, "receivedAt">
  /** How the key came from the validation server to the Local Provider, by that one's word; `undefined` where it said nothing. */
  readonly channel: string | undefined
}

/** An Entropy-as-a-Service platform, reached and enrolled with. */
export interface KeyService {
  /** What it calls itself, for people. */
  readonly name: string
  /** How a key gets here, for people. */
  readonly path: string
  /** A platform of this very machine, for one person to try Starling with. */
  readonly embedded: boolean
  readonly simulated: boolean
  /** Its proving key is one that nobody should rely on. */
  readonly developmentProvingKey: boolean
  /**
   * Fetches what the platform shows of its members, whether or not a key is wanted, and says nothing of what is wrong with
   * it. Resolves to false where it has shown nothing yet.
   */
  look(signal: AbortSignal): Promise<boolean>
  /**
   * Obtains one key. `accept` makes it durable and returns how many bytes were taken; only then is the request forgotten.
   * Throws `KeyServiceError`.
   */
  obtain(
    length: KeyLength,
    signal: AbortSignal,
    onStep: (step: RefillStep) => void,
    accept: (key: DeliveredKey) => number,
  ): Promise<void>
  /**
   * Makes what takes long of the next request ahead. Resolves to the time when that is to be done anew. Throws
   * `KeyServiceError`.
   */
  prepare(length: KeyLength, signal: AbortSignal): Promise<Milliseconds>
}

/** The platform can't be reached, or refuses. `retryAfter` is how long the background refill leaves it alone. */
export class KeyServiceError extends Error {
  override readonly name = "KeyServiceError"
  readonly state: "unreachable" | "refused"
  readonly code: string
  readonly retryAfter: Milliseconds | undefined

  constructor(
    state: "unreachable" | "refused",
    code: string,
    message: string,
    options?: ErrorOptions & { readonly retryAfter?: Milliseconds },
  ) {
    super(message, options)
    this.state = state
    this.code = code
    this.retryAfter = options?.retryAfter
  }
}
