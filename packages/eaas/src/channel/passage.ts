import type { KeyProvenance } from "../kme/read-answer.ts"
import type { Protection } from "./sealed-answer.ts"

/** How an answer came from the PVS to the Local Provider: over the quantum channel, and with what key. */
export interface Passage extends KeyProvenance {
  readonly protection: Protection
}

/**
 * In words, for provenance: "one-time pad, simulated link, bootstrapped key". The word for what is real is left out, and
 * the word for what is not never is.
 */
export function passageSentence({ protection, simulated, bootstrapped }: Passage): string {
  return [protection, ...(simulated ? ["simulated link"] : []), ...(bootstrapped ? ["bootstrapped key"] : [])].join(
    ", ",
  )
}

/** Where a Local Provider says over HTTP how an answer came to it. It is its word, and not signed. */
export const PASSAGE_HEADER = "starling-quantum-channel"

/** The sentence if it is one of those; whatever else somebody puts there is not shown to people. */
export function readPassage(text: string | null): string | undefined {
  const isPassage = text !== null && /^(one-time pad|aes-256-gcm)(, simulated link)?(, bootstrapped key)?$/.test(text)
  return isPassage ? text : undefined
}
