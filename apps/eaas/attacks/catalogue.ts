import { ANONYMITY } from "./anonymity.ts"
import type { Attack } from "./attack.ts"
import { BACKUP } from "./backup.ts"
import { CIRCUIT } from "./circuit.ts"
import { CONFIDENTIALITY } from "./confidentiality.ts"
import { HYBRID } from "./hybrid.ts"
import { MEMBERSHIP } from "./membership.ts"
import { MIXING } from "./mixing.ts"
import { PROOFS } from "./proofs.ts"
import { ROBUSTNESS } from "./robustness.ts"
import { SEPARATION } from "./separation.ts"
import { TIMES } from "./times.ts"
import { TRACES } from "./traces.ts"
import { TRUSTED_SETUP } from "./trusted-setup.ts"
import { UNFORGEABILITY } from "./unforgeability.ts"

/** Every attack of the programme, in the order in which they are tried. */
export const ATTACKS: readonly Attack[] = [
  ...CIRCUIT,
  ...PROOFS,
  ...UNFORGEABILITY,
  ...MEMBERSHIP,
  ...BACKUP,
  ...TRUSTED_SETUP,
  ...ANONYMITY,
  SEPARATION,
  ...TIMES,
  ...CONFIDENTIALITY,
  ...HYBRID,
  ...MIXING,
  ...TRACES,
  ...ROBUSTNESS,
]

export function attackNamed(id: string): Attack {
  const attack = ATTACKS.find((candidate) => candidate.id === id)
  if (attack === undefined) throw new RangeError(`no attack ${id}`)
  return attack
}
