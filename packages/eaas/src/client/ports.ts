import type { Bytes } from "@starling/kernel"
import type { Delivery } from "@starling/entropy"
import type { Proof, Statement, Witness } from "@starling/proof"

/** The Authentication Server, as bytes: the client checks everything that comes out. Throws `Unreachable`. */
export interface AuthenticationApi {
  /** Takes a registration frame, gives a registration answer frame. */
  register(registration: Bytes, signal: AbortSignal): Promise<Bytes>
  /** The newest sealed epoch frame, or `undefined` where none was ever sealed. */
  newestEpoch(signal: AbortSignal): Promise<Bytes | undefined>
  /** A whole leaf list frame. */
  leaves(epoch: number, revision: number, signal: AbortSignal): Promise<Bytes>
}

/** The AS as a connection reaches it that shows who the user is. Throws `Unreachable`. */
export interface CertifiedDoor {
  /** Takes a certified registration frame, gives a registration answer frame. */
  register(registration: Bytes, signal: AbortSignal): Promise<Bytes>
}

/**
 * User <-> Local Provider: the only way that requests and keys take. One exchange may be one HTTP call, or taps of a
 * phone that are torn and resumed; that is the adapter's business. Throws `Unreachable`.
 */
export interface Tap {
  readonly path: Delivery["path"]
  /**
   * Takes a key request frame, gives a key response frame. The same request may be sent again at any time. `told` hears
   * how the answer came to the Local Provider, where that says so (`passageSentence`).
   */
  transceive(request: Bytes, signal: AbortSignal, told?: (channel: string) => void): Promise<Bytes>
  /**
   * The key that came in `response` is durable. A tap whose reader waits for a receipt gives it now; called again after
   * a crash for a response that was settled before.
   */
  settled(response: Bytes): void
}

export interface ProverPort {
  prove(
    witness: Witness,
    signal: AbortSignal,
  ): Promise<{ readonly proof: Proof; readonly statement: Statement; readonly milliseconds: number }>
}

/** One value that survives a crash and a power loss as soon as `save` returns. The application encrypts it. */
export interface ClientJournal {
  load(): Bytes | undefined
  save(state: Bytes): void
}

export interface KeyDelivered {
  readonly bytes: Bytes
  readonly delivery: Omit<Delivery, "receivedAt">
  /** How it came from the PVS to the Local Provider, by that one's word; `undefined` where nothing was said. */
  readonly channel: string | undefined
}
