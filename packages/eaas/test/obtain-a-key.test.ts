import { expect, test } from "vitest"
import { enrolledClient, obtain, openProver, patience, testPlatform } from "./platform.ts"

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
