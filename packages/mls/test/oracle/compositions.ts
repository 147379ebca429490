import type { CiphersuiteId } from "@starling/mls"

import { CORE_CRYPTO } from "./core-crypto-member.ts"
import type { Engine } from "./member.ts"
import { OPENMLS } from "./openmls-member.ts"
import { OUR_SUITES, OURS } from "./our-member.ts"
import { TS_MLS } from "./ts-mls-member.ts"

export interface Composition {
  readonly suite: CiphersuiteId
  readonly engines: readonly Engine[]
}

/**
 * Whose members share a group, as far as each suite is theirs. core-crypto takes public handshakes alone and
 * `openmls-wasm` private ones, so these two never meet; ours and ts-mls by themselves send both.
 */
export const COMPOSITIONS: readonly Composition[] = OUR_SUITES.flatMap((suite) =>
  [
    [OURS, CORE_CRYPTO, TS_MLS],
    [OURS, CORE_CRYPTO],
    [OURS, TS_MLS],
    [OURS, OPENMLS],
  ]
    .filter((engines) => engines.every(({ suites }) => suites.includes(suite)))
    .map((engines) => ({ suite, engines })),
)
