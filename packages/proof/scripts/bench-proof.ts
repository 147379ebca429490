/** Prints medians of wall-clock times: `npm run bench:proof -w @starling/proof`. */
import { randomBytes } from "node:crypto"
import { cpus } from "node:os"
import { commitmentOf, FieldElement, leafOf, MerkleTree, verifyProof, type Witness } from "@starling/proof"
import { Prover } from "@starling/proof/node"

const PROOFS = 7
const LEAVES = 2000

const random = (): FieldElement => FieldElement.fromDigest(randomBytes(32))

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

function report(name: string, milliseconds: number): void {
  process.stdout.write(`${name.padEnd(28)} ${milliseconds.toFixed(1).padStart(8)} ms\n`)
}

function timed<T>(work: () => T): { readonly result: T; readonly milliseconds: number } {
  const start = performance.now()
  return { result: work(), milliseconds: performance.now() - start }
}

const secret = random()
const trapdoor = random()
const others = Array.from({ length: LEAVES - 1 }, random)
const tree = timed(() => MerkleTree.of([leafOf(commitmentOf(secret, trapdoor), 10), ...others]))

await using prover = await Prover.open()
const proving: number[] = []
const verifying: number[] = []
for (let i = 0; i <= PROOFS; i++) {
  const siblings = tree.result.path(0)
  const witness: Witness = {
    secret,
    trapdoor,
    quota: 10,
    k: i,
    leafIndex: 0,
    siblings,
    scope: random(),
    context: random(),
  }
  const { statement, proof, milliseconds } = await prover.prove(witness, AbortSignal.timeout(120_000), tree.result.root)
  const verdict = timed(() => verifyProof(statement, proof))
  if (verdict.result.kind !== "valid") throw new Error(verdict.result.why)
  proving.push(milliseconds)
  verifying.push(verdict.milliseconds)
}

process.stdout.write(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n`)
report(`tree of ${LEAVES} leaves`, tree.milliseconds)
report("first proof (process starts)", proving[0] ?? Number.NaN)
report(`prove, median of ${PROOFS}`, median(proving.slice(1)))
report("first verification", verifying[0] ?? Number.NaN)
report(`verify, median of ${PROOFS}`, median(verifying.slice(1)))
