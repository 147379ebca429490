import type { OsEntropy } from "@starling/entropy"
import { wipe, type Bytes } from "@starling/kernel"
import { AuthenticatedLine, LinkTampered } from "./authenticated-line.ts"
import { ROUND_KEY_BYTES, type AuthenticationKey, type End } from "./authentication-key.ts"
import { LineClosed, type ClassicalLine } from "./classical-line.ts"
import type { Security } from "./finite-key.ts"
import type { LinkAlarm } from "./link-alarm.ts"
import type { LinkModel } from "./link-model.ts"
import type { RoundFigures, RoundOutcome, RoundSettings } from "./round.ts"

/** How a round went, as one end sees it. `key` is what is left after the authentication key got its part back. */
export type LinkRound =
  | { readonly kind: "key"; readonly key: Bytes; readonly figures: RoundFigures }
  | { readonly kind: "no key"; readonly why: string; readonly figures: RoundFigures | undefined }
  | { readonly kind: "alarm"; readonly alarm: LinkAlarm; readonly figures: RoundFigures | undefined }

export interface LinkEndSettings {
  readonly end: End
  readonly authentication: AuthenticationKey
  readonly model: LinkModel
  readonly security: Security
  readonly entropy: OsEntropy
}

/**
 * Holds one end's rounds, one after the other. A round takes its authentication keys whether it yields key or not; one
 * that does puts as many back, before anybody gets a bit of it.
 */
export class LinkEnd {
  readonly #settings: LinkEndSettings

  constructor(settings: LinkEndSettings) {
    this.#settings = settings
  }

  /** `work` is this end's part of the exchange: `sourceRound` or `detectorRound` over what it recorded. */
  async round(
    line: ClassicalLine,
    pulses: number,
    work: (settings: RoundSettings) => Promise<RoundOutcome>,
  ): Promise<LinkRound> {
    const { end, authentication, model, security, entropy } = this.#settings
    const next = authentication.nextRound()
    if (next === undefined) {
      line.close()
      return { kind: "no key", why: "the authentication key is used up", figures: undefined }
    }
    const authenticated = new AuthenticatedLine(line, end, next.round, next.keys)
    try {
      return this.#keep(await work({ line: authenticated, model, pulses, security, entropy }))
    } catch (error) {
      if (!(error instanceof LinkTampered || error instanceof LineClosed)) throw error
      return { kind: "alarm", alarm: { kind: "tampering", why: error.message }, figures: undefined }
    } finally {
      authenticated.wipeKeys()
      line.close()
    }
  }

  #keep(outcome: RoundOutcome): LinkRound {
    if (outcome.kind !== "key") return outcome
    const { key, figures } = outcome
    // The last byte may hold fewer than eight bits of key.
    const whole = Math.floor(figures.secret / 8)
    if (whole <= ROUND_KEY_BYTES) {
      wipe(key)
      return { kind: "no key", why: "too short", figures }
    }
    this.#settings.authentication.replenish(key.subarray(0, ROUND_KEY_BYTES))
    const rest = key.slice(ROUND_KEY_BYTES, whole)
    wipe(key)
    return { kind: "key", key: rest, figures }
  }
}
