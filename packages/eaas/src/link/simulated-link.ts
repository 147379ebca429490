import type { OsEntropy } from "@starling/entropy"
import { wipe, type Bytes } from "@starling/kernel"
import { AuthenticationKey, ROUND_KEY_BYTES, type End } from "./authentication-key.ts"
import { linePair, type ClassicalLine } from "./classical-line.ts"
import { detectorRound } from "./detector-end.ts"
import { SECURITY, type Security } from "./finite-key.ts"
import { LinkEnd, type LinkRound } from "./link-end.ts"
import { METROPOLITAN, UNDISTURBED, type Interception, type LinkModel } from "./link-model.ts"
import { sourceRound } from "./source-end.ts"
import { transmit } from "./transmit.ts"
import { UniformStream } from "./uniform-stream.ts"

/** Rounds that can fail before the ends have to be given a key by hand again. */
const BOOTSTRAP_ROUNDS = 64

/** What either end shares with the other, before and after the rounds that this object holds. */
export interface SharedKeys {
  readonly source: Bytes
  readonly detector: Bytes
}

/** A key that a courier brings to both ends. */
export function bootstrapKeys(entropy: OsEntropy): SharedKeys {
  const key = entropy(BOOTSTRAP_ROUNDS * ROUND_KEY_BYTES)
  return { source: key, detector: key.slice() }
}

/**
 * Pulses of one round: half a minute at 1.6 GHz. Much fewer leave little, since what can't be excluded counts as known to
 * others; a few more, and the sifted key outgrows 2^20 bits, whose shuffles take half of the time.
 */
export const BLOCK_PULSES = 48_000_000

export interface SimulatedLinkOptions {
  /** For the physics, and for what the ends choose. */
  readonly entropy: OsEntropy
  /** Copied; the caller wipes it. */
  readonly shared: SharedKeys
  readonly model?: LinkModel
  readonly security?: Security
  readonly pulses?: number
  /** The line beside the fibre, anew for each round. */
  readonly line?: () => readonly [source: ClassicalLine, detector: ClassicalLine]
}

export interface LinkRounds {
  readonly source: LinkRound
  readonly detector: LinkRound
}

/**
 * Both ends of a link and the physics between them, played in this process. Its security is that of this process and of
 * `entropy`: whoever uses its key says that it is simulated.
 */
export class SimulatedLink implements Disposable {
  readonly simulated = true
  /** What an eavesdropper does, to see that the ends notice. */
  interception: Interception = UNDISTURBED
  readonly #options: Required<SimulatedLinkOptions>
  readonly #keys: Readonly<Record<End, AuthenticationKey>>
  readonly #source: LinkEnd
  readonly #detector: LinkEnd

  constructor(options: SimulatedLinkOptions) {
    this.#options = { model: METROPOLITAN, security: SECURITY, pulses: BLOCK_PULSES, line: linePair, ...options }
    const { entropy, model, security, shared } = this.#options
    const source = new AuthenticationKey(shared.source)
    const detector = new AuthenticationKey(shared.detector)
    this.#keys = { source, detector }
    this.#source = new LinkEnd({ end: "source", authentication: source, model, security, entropy })
    this.#detector = new LinkEnd({ end: "detector", authentication: detector, model, security, entropy })
  }

  /** Sends one block of pulses, and makes key of it where that is possible. */
  async round(): Promise<LinkRounds> {
    const { entropy, model, pulses, line } = this.#options
    using chance = new UniformStream(entropy)
    const { slots, sent, seen } = transmit(model, pulses, chance, this.interception)
    const [sourceLine, detectorLine] = line()
    const [source, detector] = await Promise.all([
      this.#source.round(sourceLine, pulses, async (settings) => await sourceRound({ slots, sent }, settings)),
      this.#detector.round(detectorLine, pulses, async (settings) => await detectorRound({ slots, seen }, settings)),
    ])
    wipe(sent, seen)
    return { source, detector }
  }

  /** What is left of the authentication keys, for whoever goes on with this link; the caller wipes it. */
  sharedKeys(): SharedKeys {
    return { source: this.#keys.source.remaining(), detector: this.#keys.detector.remaining() }
  }

  [Symbol.dispose](): void {
    this.#keys.source[Symbol.dispose]()
    this.#keys.detector[Symbol.dispose]()
  }
}
