import { expect, test } from "vitest"
import { EntropyClientError } from "@starling/eaas"
import { IdealProofs } from "@starling/proof/ideal"
import {
  clientOf,
  enrolledClient,
  HOUR,
  memoryJournal,
  obtain,
  openProver,
  patience,
  testPlatform,
} from "./platform.ts"

test("a registered user gets keys of both sizes, each with what provenance needs", async () => {
  await using prover = await openProver()
  await using at = await testPlatform()
  const client = await enrolledClient(at, prover)

  const steps: string[] = []
  await client.obtain(
    1024,
    patience,
    (step) => steps.push(step),
    ({ bytes, delivery }) => {
      expect(bytes).toHaveLength(1024)
      expect(new Set(bytes).size).toBeGreaterThan(200)
      expect(delivery).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{16}$/),
        source: "homodyne vacuum fluctuation",
        simulated: true,
        path: "loopback tap",
        localProvider: "branch 1",
        epoch: 1,
        anonymitySet: 1,
        proofMilliseconds: expect.any(Number),
        bytes: 1024,
      })
    },
  )
  expect(steps).toEqual(["sealing", "leaves", "proving", "requesting", "opening"])
  expect((await obtain(client, 8192)).bytes).toHaveLength(8192)
})

test("a request made ahead, proof and all, has but to be sent", async () => {
  const proofs = new IdealProofs()
  await using at = await testPlatform({ verifier: proofs })
  const client = await enrolledClient(at, proofs)
  const closesAt = await client.prepare(8192, patience)
  expect(closesAt).toBeGreaterThan(at.clock.now())
  expect(await client.prepare(8192, patience)).toBe(closesAt)

  const steps: string[] = []
  let got = 0
  await client.obtain(
    8192,
    patience,
    (step) => steps.push(step),
    ({ bytes }) => (got = bytes.length),
  )
  expect({ got, steps }).toEqual({ got: 8192, steps: ["requesting", "opening"] })
})

test("a request made ahead for an epoch that is over, or for another size, costs no quota", async () => {
  const proofs = new IdealProofs()
  await using at = await testPlatform({ verifier: proofs })
  const client = await enrolledClient(at, proofs, {}, 1)
  await client.prepare(8192, patience)
  at.clock.time += 25 * HOUR
  await at.as.sealIfDue(patience)
  await client.prepare(8192, patience)
  expect((await obtain(client, 1024)).delivery).toMatchObject({ bytes: 1024, epoch: 2 })
  await expect(client.prepare(8192, patience)).rejects.toThrow(EntropyClientError)
})

test("a request made ahead outlives the process, and brings its one key", async () => {
  const proofs = new IdealProofs()
  await using at = await testPlatform({ verifier: proofs })
  const journal = memoryJournal()
  await (await enrolledClient(at, proofs, { journal })).prepare(8192, patience)
  const restarted = clientOf(at, proofs, { journal })
  expect((await obtain(restarted, 1024)).bytes).toHaveLength(8192)
  expect((await obtain(restarted, 1024)).bytes).toHaveLength(1024)
})
