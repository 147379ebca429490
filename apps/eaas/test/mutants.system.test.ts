import { expect, test } from "vitest"
import { ATTACKS } from "../attacks/catalogue.ts"
import { isOfCircuit, mutantNames, mutantOf } from "../attacks/mutants.ts"
import { tryWithMutant } from "../attacks/try-with-mutant.ts"

/** To compile a circuit takes long: one of its mutants here, all of them by `npm run attack:eaas -- --mutants`. */
const ofCircuit = mutantNames.filter(isOfCircuit)

test.for([...mutantNames.filter((name) => !isOfCircuit(name)), ...ofCircuit.slice(0, 1)])(
  "what stops the attack %s is what its mutant takes away: with it, the attack succeeds",
  async (mutant) => {
    const ids = ATTACKS.map(({ id }) => id).filter((id) => mutantOf(id) === mutant)
    const outcomes = await tryWithMutant(mutant, ids)
    expect([...outcomes.values()]).toEqual(ids.map(() => "succeeded"))
  },
)
