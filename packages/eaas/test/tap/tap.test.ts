import { CardGone } from "@starling/eaas/tap"
import { PoolWriteFailed } from "@starling/entropy"
import { IdealProofs } from "@starling/proof/ideal"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { enrolledClient, testPlatform, type TestPlatform } from "../platform.ts"
import { counted, deskOf, inField, tap, TornLink, type Tear } from "./branch.ts"
import { Person } from "./person.ts"

/** Real ones take seconds, and taps are not about them. */
const proofs = new IdealProofs()
let at: TestPlatform

beforeAll(async () => {
  at = await testPlatform({ verifier: proofs })
}, 120_000)

afterAll(async () => await at[Symbol.asyncDispose]())

/** A member whose requests are for this branch. */
async function memberAt(branch: 0 | 1): Promise<Person> {
  const localProvider = at.platform.localProviders[branch]!
  const person = await Person.with(async (tap) => await enrolledClient(at, proofs, { tap, localProvider }))
  onTestFinished(() => person[Symbol.dispose]())
  return person
}

test("a tap takes the request, brings answer and signature, and fills the pool before the reader has a receipt", async () => {
  const events: string[] = []
  const person = await memberAt(0)
  const desk = deskOf(at, 0)
  const { obtained } = await person.request((key) => {
    person.fill(key)
    events.push("in the pool")
  })
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "delivered" })
  events.push("receipt")
  await obtained
  expect(events).toEqual(["in the pool", "receipt"])
  expect(person.pool.bytes).toBe(1024)
  expect(person.pool.deliveries()).toMatchObject([{ path: "nfc tap", localProvider: "branch 1", simulated: true }])
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "idle" })
})

test("a pool that can't be written gives no receipt, and the next tap brings the same key", async () => {
  const person = await memberAt(0)
  const desk = deskOf(at, 0)
  const first = await person.request(() => {
    throw new PoolWriteFailed(false, new Error("no room on the disk"))
  })
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "refused", reason: "peer-refused" })
  await expect(first.obtained).rejects.toBeInstanceOf(PoolWriteFailed)
  const second = await person.request()
  expect(await tap(desk, inField(person.card))).toEqual({ kind: "delivered" })
  await second.obtained
  expect(person.deliveries).toHaveLength(1)
})

const TEARS: readonly Tear[] = ["before the card has the command", "before the reader has the response"]

test.for(TEARS)(
  "a tap torn at each command in turn, %s, goes on with the next tap and releases the key once",
  async (tear) => {
    const whole = await memberAt(0)
    const { obtained } = await whole.request()
    const untorn = counted(whole.card)
    expect(await tap(deskOf(at, 0), untorn)).toEqual({ kind: "delivered" })
    await obtained
    // SELECT, at least one GET REQUEST and PUT ANSWER, COMMIT.
    expect(untorn.commands).toBeGreaterThan(10)

    for (let torn = 1; torn <= untorn.commands; torn++) {
      const person = await memberAt(0)
      const desk = deskOf(at, 0)
      const { obtained } = await person.request()
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
  const person = await memberAt(0)
  const before = await issues()
  const first = await person.request()
  const elsewhere = deskOf(at, 1)
  expect(await tap(elsewhere, inField(person.card))).toEqual({ kind: "turned-away", reason: "wrong-local-provider" })
  await expect(first.obtained).rejects.toMatchObject({ reason: "turned-away", refusal: "wrong-local-provider" })
  expect(await issues()).toBe(before)

  const second = await person.request()
  expect(await tap(deskOf(at, 0), inField(person.card))).toEqual({ kind: "delivered" })
  await second.obtained
  expect(person.deliveries).toHaveLength(1)
})

test("a tap that was torn at its own branch can't be finished at the other, whatever that has heard", async () => {
  const person = await memberAt(0)
  const first = await person.request()
  const home = deskOf(at, 0)
  await expect(tap(home, new TornLink(person.card, 12, "before the reader has the response"))).rejects.toBeInstanceOf(
    CardGone,
  )
  expect(await tap(deskOf(at, 1), inField(person.card))).toEqual({
    kind: "turned-away",
    reason: "wrong-local-provider",
  })
  await expect(first.obtained).rejects.toMatchObject({ refusal: "wrong-local-provider" })
  const second = await person.request()
  expect(await tap(home, inField(person.card))).toEqual({ kind: "delivered" })
  await second.obtained
  expect(person.deliveries).toHaveLength(1)
})

test("a Local Provider that was started anew goes on with a torn tap, and issues nothing twice", async () => {
  const person = await memberAt(0)
  const before = await issues()
  const { obtained } = await person.request()
  const torn = tap(deskOf(at, 0), new TornLink(person.card, 12, "before the reader has the response"))
  await expect(torn).rejects.toBeInstanceOf(CardGone)
  const fresh = counted(person.card)
  expect(await tap(deskOf(at, 0), fresh)).toEqual({ kind: "delivered" })
  await obtained
  expect(await issues()).toBe(before + 1)
  expect(fresh.puts).toBeLessThan(10)
})

test("a card that holds a part of something else is filled anew in the same tap", async () => {
  const person = await memberAt(0)
  const { obtained } = await person.request()
  await person.card.process(Uint8Array.from([0, 0xa4, 4, 0, 7, 0xf0, 0x45, 0x41, 0x41, 0x53, 0, 1]))
  await person.card.process(Uint8Array.from([0x80, 0x20, 0, 0, 6, 0, 0, 0, 0, 1, 2]))
  expect(await tap(deskOf(at, 0), inField(person.card))).toEqual({ kind: "delivered" })
  await obtained
  expect(person.pool.bytes).toBe(1024)
})

async function issues(): Promise<number> {
  const [row] = await at.database.query("select count(*)::integer as n from issues")
  return Number(row?.["n"])
}
