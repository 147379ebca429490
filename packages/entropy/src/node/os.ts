import { randomFillSync } from "node:crypto"

import type { Bytes } from "@starling/kernel"

/** The operating system's generator. No other file of Starling reaches the platform's. */
export function osEntropy(length: number): Bytes {
  return randomFillSync(new Uint8Array(length))
}
