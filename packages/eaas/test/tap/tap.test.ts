import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { PhoneTap, type EntropyClient, type KeyDelivered } from "@starling/eaas"
import { CardGone, TapCard } from "@starling/eaas/tap"
import { EntropyPool, PoolWriteFailed } from "@starling/entropy"
import { openPoolFile, osEntropy } from "@starling/entropy/node"
import { Secret } from "@starling/kernel"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { enrolledClient, patience, testPlatform, type TestPlatform } from "../platform.ts"
import { believedProofs } from "./believed-proofs.ts"
import { counted, deskOf, inField, tap, TornLink, type Tear } from "./branch.ts"

let at: TestPlatform

beforeAll(async () => {
  at = await testPlatform({ verifier: believedProofs })
}, 120_000)

afterAll(async () => await at[Symbol.asyncDispose]())

/** A pool on disk, of which `fill` tells what went in. */
function openPool(): EntropyPool {
  const folder = mkdtempSync(join(tmpdir(), "starling-tap-"))
  const pool = EntropyPool.open({
    file: openPoolFile(join(folder, "pool")),
    rootKey: new Secret(osEntropy(32)),
    os: osEntropy,
    clock: { now: () => 0 },
    policy: "mixed",
    journalOf: () => [],
  })
  onTestFinished(() => {
    pool[Symbol.dispose]()
    rmSync(folder, { recursive: true })
  })
  return pool
}

interface Person {
  readonly client: EntropyClient
  readonly tap: PhoneTap
  readonly card: TapCard
  readonly pool: EntropyPool
  /** Ids of the deliveries that went into the pool. */
  readonly deliveries: string[]
  /** One key, from the request to the pool. */
  obtain(): Promise<void>
}

/** A peer whose phone is its card, with no network between the two but a call. */
async function personAt(branch: 0 | 1, fill?: (pool: EntropyPool, key: KeyDelivered) => void): Promise<Person> {
  const phone = new PhoneTap()
  const card = new TapCard(phone)
  phone.attach((request) => card.offer(request))
  const localProvider = at.platform.localProviders[branch]!
  const client = await enrolledClient(at, believedProofs, { tap: phone, localProvider })
  const pool = openPool()
  const deliveries: string[] = []
  const accept = (key: KeyDelivered): void => {
    if (deliveries.includes(key.delivery.id)) return
    if (fill === undefined) pool.fill(key.bytes, { ...key.delivery, receivedAt: 0 })
    else fill(pool, key)
    deliveries.push(key.delivery.id)
  }
  const obtain = async (): Promise<void> => {
    try {
      await client.obtain(1024, patience, () => {}, accept)
    } finally {
      phone.refuse()
    }
  }
  return { client, tap: phone, card, pool, deliveries, obtain }
}

/** The request is made, and waits for its tap. */
async function requested(person: Person): Promise<{ readonly obtained: Promise<void> }> {
  const offered = Promise.withResolvers<void>()
  person.tap.attach((request) => {
    person.card.offer(request)
    if (request !== undefined) offered.resolve()
  })
  const obtained = person.obtain()
  // Whoever awaits it hears of a failure; until then nobody does.
  obtained.catch(() => {})
  await offered.promise
  return { obtained }
}

test("a tap takes the request, brings answer and signature, and fills the pool before the reader has a receipt", async () => {
  const events: string[] = []
  const person = await personAt(0, (pool, { bytes, delivery }) => {
    pool.fill(bytes, { ...delivery, receivedAt: 0 })
    events.push("in the pool")
  })
  const desk = deskOf(at, 0)
  const { obtained } = await requested(person)
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "delivered" })
  events.push("receipt")
  await obtained
  expect(events).toEqual(["in the pool", "receipt"])
  expect(person.pool.bytes).toBe(1024)
  expect(person.pool.deliveries()).toMatchObject([{ path: "nfc tap", localProvider: "branch 1", simulated: true }])
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "idle" })
})

test("a pool that can't be written gives no receipt, and the next tap brings the same key", async () => {
  let broken = true
  const person = await personAt(0, (pool, { bytes, delivery }) => {
    if (broken) throw new PoolWriteFailed(false, new Error("no room on the disk"))
    pool.fill(bytes, { ...delivery, receivedAt: 0 })
  })
  const desk = deskOf(at, 0)
  const first = await requested(person)
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "refused", reason: "peer-refused" })
  await expect(first.obtained).rejects.toBeInstanceOf(PoolWriteFailed)
  broken = false
  const second = await requested(person)
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "delivered" })
  await second.obtained
  expect(person.deliveries).toHaveLength(1)
})

const TEARS: readonly Tear[] = ["before the card has the command", "before the reader has the response"]

test.for(TEARS)(
  "a tap torn at each command in turn, %s, goes on with the next tap and releases the key once",
  async (tear) => {
    const whole = await personAt(0)
    const { obtained } = await requested(whole)
    const untorn = counted(whole.card)
    expect(await tap(deskOf(at, 0), untorn)).toEqual({ kind: "delivered" })
    await obtained
    // SELECT, at least one GET REQUEST and PUT ANSWER, COMMIT.
    expect(untorn.commands).toBeGreaterThan(10)

    for (let torn = 1; torn <= untorn.commands; torn++) {
      const person = await personAt(0)
      const desk = deskOf(at, 0)
      const { obtained } = await requested(person)
      const first = new TornLink(person.card, torn, tear)
      await expect(tap(desk, first)).rejects.toBeInstanceOf(CardGone)
      const second = counted(person.card)
      expect(await tap(desk, second), `torn at ${torn}`).toEqual({ kind: "delivered" })
      await obtained
      expect(person.deliveries).toHaveLength(1)
      expect(person.pool.bytes).toBe(1024)
      // Nothing but SELECT, the command that was torn, and questions for its state goes over the air twice.
      expect(second.puts + first.puts, `torn at ${torn}`).toBeLessThanOrEqual(untorn.puts + 1)
    }
  },
)

test("a request for one branch is turned away at the other, and gets its key at its own afterwards", async () => {
  const person = await personAt(0)
  const before = await issues()
  const first = await requested(person)
  const elsewhere = deskOf(at, 1)
  expect(await tap(elsewhere, inField(person.card))).toEqual({ kind: "turned-away", reason: "wrong-local-provider" })
  await expect(first.obtained).rejects.toMatchObject({ reason: "turned-away", refusal: "wrong-local-provider" })
  expect(await issues()).toBe(before)

  const second = await requested(person)
  expect(await tap(deskOf(at, 0), inField(person.card))).toEqual({ kind: "delivered" })
  await second.obtained
  expect(person.deliveries).toHaveLength(1)
})

test("a tap that was torn at its own branch can't be finished at the other, whatever that has heard", async () => {
  const person = await personAt(0)
  const first = await requested(person)
  const home = deskOf(at, 0)
  await expect(tap(home, new TornLink(person.card, 12, "before the reader has the response"))).rejects.toBeInstanceOf(
    CardGone,
  )
  expect(await tap(deskOf(at, 1), inField(person.card))).toEqual({
    kind: "turned-away",
    reason: "wrong-local-provider",
  })
  await expect(first.obtained).rejects.toMatchObject({ refusal: "wrong-local-provider" })
  const second = await requested(person)
  expect(await tap(home, inField(person.card))).toEqual({ kind: "delivered" })
  await second.obtained
  expect(person.deliveries).toHaveLength(1)
})

async function issues(): Promise<number> {
  const [row] = await at.database.query("select count(*)::integer as n from issues")
  return Number(row?.["n"])
}
