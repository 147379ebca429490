import { statementOf, type Proof } from "@starling/proof"
import { Prover, VerifierFailed, VerifierPool } from "@starling/proof/node"
import { beforeAll, expect, test } from "vitest"
import { element, honest } from "./member.ts"

const statement = statementOf(honest)
let proof: Proof

beforeAll(async () => {
  await using prover = await Prover.open()
  proof = (await prover.prove(honest, AbortSignal.timeout(60_000))).proof
}, 60_000)

test("threads verify what they are given, good and bad, each with its own verdict", async () => {
  await using pool = new VerifierPool({ threads: 2, capacity: 100 })
  const verdicts = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const claim = i % 5 === 3 ? { ...statement, context: element(i) } : statement
      return (await pool.verify(claim, proof)).kind
    }),
  )
  expect(verdicts).toEqual(Array.from({ length: 24 }, (_, i) => (i % 5 === 3 ? "invalid" : "valid")))
})

test("a full queue says so at once, and takes more when it has room", async () => {
  await using pool = new VerifierPool({ threads: 1, capacity: 3 })
  const asked = Array.from({ length: 5 }, async () => (await pool.verify(statement, proof)).kind)
  expect(await Promise.all(asked)).toEqual(["valid", "valid", "valid", "busy", "busy"])
  expect(await pool.verify(statement, proof)).toEqual({ kind: "valid" })
})

test("closing gives up what waits, and what is asked later", async () => {
  const pool = new VerifierPool({ threads: 1, capacity: 10 })
  const waiting = [pool.verify(statement, proof), pool.verify(statement, proof)].map((verdict) =>
    expect(verdict).rejects.toBeInstanceOf(VerifierFailed),
  )
  await pool[Symbol.asyncDispose]()
  await Promise.all(waiting)
  await expect(pool.verify(statement, proof)).rejects.toBeInstanceOf(VerifierFailed)
})

test("a proof for which nobody waits any more is not verified", async () => {
  await using pool = new VerifierPool({ threads: 1, capacity: 10 })
  const gone = new AbortController()
  gone.abort()
  const asked = [pool.verify(statement, proof, gone.signal), pool.verify(statement, proof)]
  expect(await Promise.all(asked)).toEqual([{ kind: "busy" }, { kind: "valid" }])
})
