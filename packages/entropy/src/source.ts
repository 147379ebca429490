import type { Bytes } from "@starling/kernel"

/**
 * A physical source: a simulation, a character device, an appliance behind HTTP. A raw one gives samples as they were
 * measured, which carry less than they are long; a conditioned one gives bytes of full entropy.
 */
export interface EntropySource extends AsyncDisposable {
  /** The physical process, as provenance names it. */
  readonly id: string
  /** Whether a computer plays the physics. Wrappers pass it on; a production configuration refuses it. */
  readonly simulated: boolean
  readonly kind: "raw" | "conditioned"
  /** Min-entropy credited to each byte, in bits: at most 8. */
  readonly entropyPerByte: number
  /** Exactly `length` bytes, one call at a time. */
  read(length: number, signal: AbortSignal): Promise<Bytes>
}
