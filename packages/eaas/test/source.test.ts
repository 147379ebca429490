import { QuantumSource, SimulatedHomodyne, type EntropySource } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { Prover } from "@starling/proof/node"
import { expect, test } from "vitest"
import { clientOf, enrolledClient, memoryJournal, obtain, patience, testPlatform } from "./platform.ts"

test("a latched source gives no key and spends nothing; after its repair the same request gets its key", async () => {
  await using prover = await Prover.open()
  const device = new SimulatedHomodyne(osEntropy)
  const source = new QuantumSource({ device, os: osEntropy })
  await using at = await testPlatform({ source })
  const journal = memoryJournal()
  const client = await enrolledClient(at, prover, { journal }, 1)

  device.fault = "converter stuck"
  await expect(obtain(client)).rejects.toMatchObject({ reason: "refused", refusal: "source-failed" })
  device.fault = "none"
  await expect(obtain(client), "latched: a fault that goes away changes nothing").rejects.toMatchObject({
    refusal: "source-failed",
  })
  expect(await at.database.query("select * from issues")).toEqual([])

  await source.restart(patience)
  const neverProve = { prove: async () => await Promise.reject(new Error("the request is in the journal")) }
  expect((await obtain(clientOf(at, neverProve, { journal }))).bytes).toHaveLength(1024)
})

test("keys are never made of raw samples", async () => {
  const raw: EntropySource = new SimulatedHomodyne(osEntropy)
  await expect(testPlatform({ source: raw })).rejects.toThrow("raw samples")
})
