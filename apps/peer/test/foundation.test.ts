import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test, vi } from "vitest"
import { StoreError } from "@starling/messenger/ports"
import { openFoundation, type Foundation } from "../src/daemon/foundation.ts"

function home(): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-foundation-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function open(dataFolder: string): { foundation: Foundation; close: () => void } {
  const resources = new DisposableStack()
  const foundation = openFoundation({ dataFolder, policy: "mixed", now: () => 1_000 }, resources)
  return { foundation, close: () => resources.dispose() }
}

const delivery = {
  id: "0123456789abcdef",
  source: "test pattern",
  simulated: true,
  path: "loopback tap",
  localProvider: "desk",
  epoch: 1,
  anonymitySet: 1,
  proofMilliseconds: 5,
  bytes: 8192,
  receivedAt: 900,
} as const

const delivered = () => new Uint8Array(8192)

const draws = ({ draws: journal }: Foundation) =>
  journal.list({}).map(({ purpose, label, bytes }) => ({ purpose, label, bytes }))

test("the log accounts for every draw in the order they were made, across restarts", () => {
  const folder = home()
  const first = open(folder)
  const { pool, ledger, localRandom } = first.foundation
  pool.draw(32, "before any quantum")
  pool.fill(delivered(), delivery)
  first.foundation.deliveries.add([delivery])
  pool.draw(16, "a key")
  ledger.commit([])
  localRandom(32, "a token")
  ledger.commit([{ kind: "put", bucket: "b", partition: "p", key: "k", ordinal: 1, value: new Uint8Array(1) }])
  const logged = draws(first.foundation)
  expect(logged).toEqual([
    { purpose: "root key", label: "local only", bytes: 32 },
    { purpose: "before any quantum", label: "local only", bytes: 32 },
    { purpose: "a key", label: "mixed", bytes: 16 },
    { purpose: "a token", label: "local only", bytes: 32 },
  ])
  first.close()

  const second = open(folder)
  expect(draws(second.foundation).slice(0, 4)).toEqual(logged)
  expect(second.foundation.deliveries.list()).toEqual([delivery])
  // What was reserved and not drawn is burned, and every byte that left the pool is accounted for.
  const all = second.foundation.draws.list({})
  const used = all.flatMap(({ eaas }) => eaas).reduce((sum, { length }) => sum + length, 0)
  expect(all.at(-1)).toMatchObject({ label: "burned", purpose: "clean stop" })
  expect(used + second.foundation.pool.bytes).toBe(8192)
  second.close()
})

test("how a delivery came to its Local Provider is kept; of one that the pool alone has, nothing is claimed", () => {
  const folder = home()
  const channel = "one-time pad, simulated link"
  const first = open(folder)
  first.foundation.deliveries.add([{ ...delivery, channel }])
  first.foundation.pool.fill(delivered(), { ...delivery, id: "fedcba9876543210" })
  first.close()
  const second = open(folder)
  const [told, untold] = second.foundation.deliveries.list()
  expect(told).toEqual({ ...delivery, channel })
  expect(untold).toEqual({ ...delivery, id: "fedcba9876543210" })
  second.close()
})

test("a draw whose commit failed is logged with the next one", () => {
  const { foundation, close } = open(home())
  const { ledger, pool } = foundation
  pool.draw(8, "lost key")
  const failing = (): never => {
    throw new StoreError("full", "no space")
  }
  expect(() => ledger.commitWith(failing)).toThrow(StoreError)
  expect(draws(foundation)).toHaveLength(1)
  ledger.commit([])
  expect(draws(foundation).at(-1)).toEqual({ purpose: "lost key", label: "local only", bytes: 8 })
  close()
})

test("the folder belongs to one daemon at a time", () => {
  const folder = home()
  const first = open(folder)
  expect(() => open(folder)).toThrow(expect.objectContaining({ reason: "locked" }))
  first.close()
  open(folder).close()
})

const row = (value: number, key = "k") =>
  ({ kind: "put", bucket: "b", partition: "p", key, ordinal: 1, value: new Uint8Array([value]) }) as const

test("what is deferred goes with the next commit, before what that one writes to the same row", () => {
  const { foundation, close } = open(home())
  const { ledger, store } = foundation
  ledger.defer([row(1), row(1, "other")])
  ledger.defer([row(2)])
  expect(store.all("b")).toEqual([])
  ledger.commit([row(3)])
  expect(store.get("b", "p", "k")).toEqual(new Uint8Array([3]))
  expect(store.get("b", "p", "other")).toEqual(new Uint8Array([1]))
  ledger.commit([])
  expect(store.get("b", "p", "k")).toEqual(new Uint8Array([3]))
  close()
})

test("what is deferred is written after half a second though nothing follows, and at the end", () => {
  vi.useFakeTimers()
  onTestFinished(() => void vi.useRealTimers())
  const folder = home()
  const first = open(folder)
  const { ledger, store } = first.foundation
  ledger.defer([row(1)])
  vi.advanceTimersByTime(499)
  expect(store.get("b", "p", "k")).toBeUndefined()
  vi.advanceTimersByTime(1)
  expect(store.get("b", "p", "k")).toEqual(new Uint8Array([1]))
  ledger.defer([row(2)])
  first.close()
  expect(vi.getTimerCount()).toBe(0)
  const second = open(folder)
  expect(second.foundation.store.get("b", "p", "k")).toEqual(new Uint8Array([2]))
  second.close()
})
