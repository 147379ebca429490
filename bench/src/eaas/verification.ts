import { osEntropy } from "@starling/entropy/node"
import { FieldElement, statementOf, verifyProof, verifyProofs } from "@starling/proof"
import { honest } from "@starling/proof/forging"
import { Prover } from "@starling/proof/node"
import { cpuSecondsOf, type FigureModule } from "./figure.ts"

const ALONE = 30
const IN_BATCHES = 96
const WITH_ONE_BAD = 32

/** Proofs that one core verifies in a second of its time, alone and in batches of what a pool makes under load. */
export const verification: FigureModule = {
  name: "verification",
  async *measure() {
    await using prover = await Prover.open()
    const statement = statementOf(honest)
    const { proof } = await prover.prove(honest, AbortSignal.timeout(300_000))
    // Tables are made and code is optimised by the first ones.
    for (let i = 0; i < 10; i++) verifyProof(statement, proof)
    const alone = await cpuSecondsOf(() => {
      for (let i = 0; i < ALONE; i++) verifyProof(statement, proof)
    })
    yield { figure: "verification singly", value: ALONE / alone, unit: "proofs/s per core" }
    for (const size of [8, 32]) {
      const batch = Array.from({ length: size }, () => ({ statement, proof }))
      const seconds = await cpuSecondsOf(() => {
        for (let i = 0; i < IN_BATCHES / size; i++) verifyProofs(batch, osEntropy)
      })
      yield { figure: `verification in batches of ${size}`, value: IN_BATCHES / seconds, unit: "proofs/s per core" }
    }
    const bad = { statement: { ...statement, context: FieldElement.of(1n) }, proof }
    const mixed = Array.from({ length: WITH_ONE_BAD }, (_, i) => (i === 5 ? bad : { statement, proof }))
    let served = 0
    const seconds = await cpuSecondsOf(() => {
      served = verifyProofs(mixed, osEntropy).filter(({ kind }) => kind === "valid").length
    })
    const name = `verification of ${WITH_ONE_BAD}, one of them bad`
    yield { figure: name, value: WITH_ONE_BAD / seconds, unit: "proofs/s per core" }
    yield { figure: `${name}: served`, value: served, unit: "proofs" }
    if (served !== WITH_ONE_BAD - 1) throw new Error("a bad proof in a batch was not found, or others with it")
  },
}
