import type { Bytes } from "@starling/kernel"

import type { Credential } from "./credential.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import type { RatchetLimits } from "./limits.ts"

/** Where every random byte comes from. The same bytes in the same order make the same keys and messages. */
export interface RandomSource {
  /** Exactly `length` fresh bytes; `purpose` says in plain words what they become. */
  draw(length: number, purpose: string): Bytes
}

/**
 * RFC 9420, 5.3.1: says whether a client with this credential may use this key, and, where it renews its leaf, may go on
 * from the `previous` credential. `undefined` accepts, else why not. An `external-sender` (12.1.8) is no member: it may
 * propose.
 */
export type AuthenticationService = (
  credential: Credential,
  signatureKey: Uint8Array,
  previous?: Credential,
  role?: "member" | "external-sender",
) => string | undefined

/** What every operation takes from its surroundings. */
export interface MlsContext {
  readonly crypto: CryptoProvider
  readonly random: RandomSource
  readonly authenticate: AuthenticationService
  /** 1000 generations ahead, 1000 keys kept, unless given. */
  readonly ratchetLimits?: RatchetLimits
}
