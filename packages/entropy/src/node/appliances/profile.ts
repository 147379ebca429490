import type { Bytes, Decoded } from "@starling/kernel"

/** One request for samples. */
export interface Ask {
  /** Below the appliance's address, with its query. It never holds a key. */
  readonly path: string
  /** What the answer has to bring: at least what was wanted, or the most that one request can. */
  readonly bytes: number
  /** No sound answer is longer. */
  readonly maxAnswer: number
}

/**
 * How a product is asked for random bytes over HTTP. None of them was tried on the product itself: each follows the
 * `document`, and a local server in the tests that speaks it.
 */
export interface ApplianceProfile {
  /** The maker and product, as provenance names them. */
  readonly product: string
  /** Where the interface is described. */
  readonly document: string
  /** The service's own address; `undefined` for a device in the operator's rack. */
  readonly address: string | undefined
  /** The header that carries the key; `undefined` where the interface has none. */
  readonly authorise: ((key: string) => Readonly<Record<string, string>>) | undefined
  ask(length: number): Ask
  /** Reads an answer of status 200. */
  read(body: Bytes, ask: Ask): Decoded<Bytes>
  /** Whether a status means that the stock is used up for the moment, besides 429. */
  readonly exhausted: number | undefined
}

/** What an answer of JSON is longer than its numbers: names, spaces and brackets. */
export const JSON_FRAME = 4096
