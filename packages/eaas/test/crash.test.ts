import { toHex, type Bytes } from "@starling/kernel"
import { IdealProofs } from "@starling/proof/ideal"
import { LocalProvider, type ClientJournal, type Database, type KeyDelivered, type Tap } from "@starling/eaas"
import { decodeClientState } from "@starling/eaas/frames"
import { afterAll, beforeAll, expect, test } from "vitest"
import {
  clientOf,
  enrolledClient,
  memoryJournal,
  obtain,
  patience,
  tapAt,
  testPlatform,
  type TestPlatform,
} from "./platform.ts"

const prover = new IdealProofs()
let at: TestPlatform

beforeAll(async () => {
  at = await testPlatform({ verifier: prover })
}, 60_000)

afterAll(async () => {
  await at[Symbol.asyncDispose]()
})

class PowerFails extends Error {}

/** A pool that takes a delivery once, as `accept` asks of it. */
function pool() {
  const deliveries = new Map<string, string>()
  return { deliveries, accept: ({ bytes, delivery }: KeyDelivered) => void deliveries.set(delivery.id, toHex(bytes)) }
}

type Crash =
  | "before the request is written"
  | "after the request is written"
  | "before the answer arrives"
  | "before the key is durable"
  | "after the key is durable"
  | "after the journal is cleared"

test.for<Crash>([
  "before the request is written",
  "after the request is written",
  "before the answer arrives",
  "before the key is durable",
  "after the key is durable",
  "after the journal is cleared",
])("a client that dies %s gets each key of its quota once", async (crash) => {
  const journal = memoryJournal()
  const durable = pool()
  await enrolledClient(at, prover, { journal }, 1)
  let armed = true
  const die = (where: Crash): void => {
    if (armed && crash === where) throw new PowerFails()
  }
  const isPending = (bytes: Bytes): boolean => {
    const state = decodeClientState(bytes)
    return state.kind === "ok" && state.value.memberships.some(({ pending }) => pending !== undefined)
  }
  const fragile: ClientJournal = {
    load: () => journal.load(),
    save: (state) => {
      const asked = isPending(state)
      const answered = !asked && journal.state !== undefined && isPending(journal.state)
      if (asked) die("before the request is written")
      if (answered) die("after the key is durable")
      journal.save(state)
      if (asked) die("after the request is written")
      if (answered) die("after the journal is cleared")
    },
  }
  const tap: Tap = {
    ...tapAt(at.lps[0]),
    transceive: async (request, signal) => {
      const response = await at.lps[0].request(request, signal)
      die("before the answer arrives")
      return response
    },
  }
  const accept = (key: KeyDelivered): void => {
    die("before the key is durable")
    durable.accept(key)
  }
  const client = clientOf(at, prover, { journal: fragile, tap })
  await expect(client.obtain(1024, patience, () => {}, accept)).rejects.toBeInstanceOf(PowerFails)

  armed = false
  const restarted = clientOf(at, prover, { journal, tap })
  if (crash === "after the journal is cleared") {
    await expect(restarted.obtain(1024, patience, () => {}, accept)).rejects.toMatchObject({ reason: "quota-used-up" })
  } else {
    await restarted.obtain(1024, patience, () => {}, accept)
  }
  expect(durable.deliveries.size).toBe(1)
  await expect(obtain(clientOf(at, prover, { journal, tap }))).rejects.toMatchObject({ reason: "quota-used-up" })
})

test("a PVS that dies between spending the nullifier and answering gives the retry the same key", async () => {
  const journal = memoryJournal()
  await enrolledClient(at, prover, { journal }, 1)
  let armed = false
  const database: Database = {
    ...at.database,
    transaction: async (work) => {
      const result = await at.database.transaction(work)
      if (armed) throw new PowerFails()
      return result
    },
  }
  const dying = await at.openPvs(database)
  armed = true
  const tap = tapAt(new LocalProvider(at.lpKeys[0], dying))
  await expect(obtain(clientOf(at, prover, { journal, tap }))).rejects.toBeInstanceOf(PowerFails)

  const [issued] = await at.database.query("select answer from issues order by epoch desc")
  expect(issued).toBeDefined()
  const responses: string[] = []
  const listening: Tap = {
    ...tapAt(at.lps[0]),
    transceive: async (request, signal) => {
      const response = await at.lps[0].request(request, signal)
      responses.push(toHex(response))
      return response
    },
  }
  expect((await obtain(clientOf(at, prover, { journal, tap: listening }))).bytes).toHaveLength(1024)
  const answers = await at.database.query("select answer from issues")
  expect(answers.map(({ answer }) => toHex(answer as Uint8Array))).toContain(responses[0])
})
