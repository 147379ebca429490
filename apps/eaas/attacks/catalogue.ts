import { ANONYMITY } from "./anonymity.ts"
import type { Attack } from "./attack.ts"
import { CIRCUIT } from "./circuit.ts"
import { CONFIDENTIALITY } from "./confidentiality.ts"
import { PROOFS } from "./proofs.ts"
import { ROBUSTNESS } from "./robustness.ts"
import { SEPARATION } from "./separation.ts"
import { UNFORGEABILITY } from "./unforgeability.ts"

/** Every attack of the programme, in the order in which they are tried. */
export const ATTACKS: readonly Attack[] = [
  ...CIRCUIT,
  ...PROOFS,
  ...UNFORGEABILITY,
  ...ANONYMITY,
  SEPARATION,
  ...CONFIDENTIALITY,
  ...ROBUSTNESS,
]

export function attackNamed(id: string): Attack {
  const attack = ATTACKS.find((candidate) => candidate.id === id)
  if (attack === undefined) throw new RangeError(`no attack ${id}`)
  return attack
}
