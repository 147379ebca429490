import { expect, test } from "vitest"
import { ATTACKS } from "../attacks/catalogue.ts"
import { mutantNames, mutantOf } from "../attacks/mutants.ts"
import { tryWithMutant } from "../attacks/try-with-mutant.ts"

test.for(mutantNames)(
  "what stops the attack %s is what its mutant takes away: with it, the attack succeeds",
  async (mutant) => {
    const ids = ATTACKS.map(({ id }) => id).filter((id) => mutantOf(id) === mutant)
    const outcomes = await tryWithMutant(mutant, ids)
    expect([...outcomes.values()]).toEqual(ids.map(() => "succeeded"))
  },
)
