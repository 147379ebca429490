import type { CiphersuiteId } from "@starling/mls"

import { CORE_CRYPTO } from "./core-crypto-member.ts"
import type { Engine } from "./member.ts"
import { OPENMLS } from "./openmls-member.ts"
import { OURS } from "./our-member.ts"
import { TS_MLS } from "./ts-mls-member.ts"

export interface Composition {
  readonly suite: CiphersuiteId
  readonly engines: readonly Engine[]
}

/** Of ours. */
export const SUITES: readonly CiphersuiteId[] = [1, 3]

/**
 * Whose members share a group, as far as each suite is theirs. core-crypto takes public handshakes alone and
 * `openmls-wasm` private ones, so these two never meet; ours and ts-mls by themselves send both.
 */
export const COMPOSITIONS: readonly Composition[] = SUITES.flatMap((suite) =>
  [
    [OURS, CORE_CRYPTO, TS_MLS],
    [OURS, CORE_CRYPTO],
    [OURS, TS_MLS],
    [OURS, OPENMLS],
  ]
    .filter((engines) => engines.every(({ suites }) => suites.includes(suite)))
    .map((engines) => ({ suite, engines })),
)
