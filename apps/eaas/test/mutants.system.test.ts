import { expect, test } from "vitest"
import { ATTACKS } from "../attacks/catalogue.ts"
import { SEPARATION } from "../attacks/separation.ts"
import { isOfCircuit, mutantNames, mutantOf } from "../attacks/mutants.ts"
import { tryWithMutant } from "../attacks/try-with-mutant.ts"

/** Each is a process of its own, and a circuit has to be compiled: a few here, all by `npm run attack:eaas -- --mutants`. */
const SAMPLED = 24
/** Always: that a test of what two servers learn together would notice is half of what it says. */
const ALWAYS = SEPARATION.id
const ofCircuit = mutantNames.filter(isOfCircuit)
const others = mutantNames.filter((name) => !isOfCircuit(name))

test.for([...ofCircuit.slice(0, 1), ...others.filter((name, i) => i % SAMPLED === 0 || name === ALWAYS)])(
  "what stops the attack %s is what its mutant takes away: with it, the attack succeeds",
  { timeout: 600_000 },
  async (mutant) => {
    const ids = ATTACKS.map(({ id }) => id).filter((id) => mutantOf(id) === mutant)
    const outcomes = await tryWithMutant(mutant, ids)
    expect([...outcomes.values()]).toEqual(ids.map(() => "succeeded"))
  },
)
