import { expect, onTestFinished, test, vi } from "vitest"
import { KeyServiceError, type KeyService } from "../src/daemon/key-service.ts"
import { Refill } from "../src/daemon/refill.ts"

/** A refill whose platform can never be reached, for the reason given. */
function refillThatFails(fail: (signal: AbortSignal) => Promise<never>): Refill {
  return new Refill({
    pool: { bytes: 0, capacity: 65_536, fill: () => 0, onLow: () => () => {} },
    fillTo: 0.5,
    patience: undefined,
    ahead: true,
    connect: fail,
    has: () => false,
    delivered: () => {},
    changed: () => {},
    now: () => 0,
    report: (error) => expect.fail(String(error)),
  })
}

const nobody = new AbortController().signal

test("who insists on a first key is told at the end of patience what was last wrong, and what to do", async () => {
  await using refill = refillThatFails(async () => {
    throw new KeyServiceError("unreachable", "eaas-unreachable", "nobody answers at the library")
  })
  const insisting = refill.insist(50, nobody)
  await expect(insisting).rejects.toThrow(KeyServiceError)
  await expect(insisting).rejects.toMatchObject({ code: "eaas-unreachable" })
  await expect(insisting).rejects.toThrow(/nobody answers at the library.*--eaas.*--entropy mixed/)
})

test("a platform that never answers is given up just so", async () => {
  await using refill = refillThatFails(
    async (signal) =>
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true })
      }),
  )
  await expect(refill.insist(50, nobody)).rejects.toMatchObject({ name: "KeyServiceError", code: "eaas-unreachable" })
})

test("who is told to stop while insisting stops at once, for that reason", async () => {
  await using refill = refillThatFails(async () => {
    throw new KeyServiceError("unreachable", "eaas-unreachable", "nobody answers")
  })
  const reason = new Error("told to stop")
  await expect(refill.insist(60_000, AbortSignal.abort(reason))).rejects.toBe(reason)
})

test("the next request is made ahead once the pool is full, and anew for the next epoch", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] })
  onTestFinished(() => void vi.useRealTimers())
  const prepared: number[] = []
  const service: KeyService = {
    name: "the library",
    path: "loopback tap",
    embedded: false,
    simulated: true,
    developmentProvingKey: true,
    look: async () => true,
    obtain: async () => expect.fail("the pool is full"),
    prepare: async (length) => {
      prepared.push(length)
      return 3_600_000 * prepared.length
    },
  }
  await using refill = new Refill({
    pool: { bytes: 65_536, capacity: 65_536, fill: () => 0, onLow: () => () => {} },
    fillTo: 0.5,
    patience: undefined,
    ahead: true,
    connect: async () => service,
    has: () => false,
    delivered: () => {},
    changed: () => {},
    now: () => 0,
    report: (error) => expect.fail(String(error)),
  })
  refill.start()
  await vi.advanceTimersByTimeAsync(1)
  expect(prepared).toEqual([8192])
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(prepared).toEqual([8192])
  await vi.advanceTimersByTimeAsync(10_000)
  expect(prepared).toEqual([8192, 8192])
})
