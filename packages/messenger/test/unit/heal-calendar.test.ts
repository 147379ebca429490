import { expect, test } from "vitest"

import { toBase32, toHex } from "@starling/kernel"
import {
  calendarOrder,
  decodeRecord,
  plannedHeal,
  roomIn,
  stretched,
  type Calendar,
  type LoggedRecord,
} from "@starling/messenger/parts"

import { counting, EXAMPLES } from "../support/frames.ts"
import { crypto } from "../support/crypto.ts"

const DAY = 86_400_000
const WEEK = 7 * DAY
const CREATED = 1_800_000_000_000
const creation = toHex(counting(0x80, 32))

function identities(count: number): string[] {
  return Array.from({ length: count }, (_, i) => toBase32(crypto.hash(Uint8Array.of(i >> 8, i & 0xff))))
}

/** Numbers from 0 up to, and without, 1: the same for the same seed. */
function dice(seed: number): () => number {
  let count = 0
  return () => {
    const digest = crypto.hash(Uint8Array.of(seed, count >> 16, (count >> 8) & 0xff, count++ & 0xff))
    return new DataView(digest.buffer).getUint32(0) / 2 ** 32
  }
}

/** When a member renews its keys up to `end`, if it is always there and never disturbed. */
function heals(calendar: Calendar, point: (below: number) => number, end: number): number[] {
  const times: number[] = []
  for (;;) {
    const keys = { enteredAt: CREATED, renewedAt: times.at(-1) }
    const next = plannedHeal(calendar, keys, (_, below) => point(below))
    if (next >= end) return times
    times.push(next)
  }
}

/** Pairs of neighbours in time that are less than `distance` apart. */
function collisions(times: readonly number[], distance: number): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted.filter((time, i) => time - (sorted[i - 1] ?? -Infinity) < distance).length
}

test("a thousand members renew once a week each, after a first time on the first day, and none within 5 s of another", () => {
  const roll = dice(1)
  const order = calendarOrder(crypto, creation, identities(1000))
  const all = order.map((_, place) => {
    const calendar = { period: WEEK, since: CREATED, members: order.length, place }
    return heals(calendar, (below) => roll() * below, CREATED + 4 * WEEK)
  })
  const week = (n: number) => all.flat().filter((at) => at >= CREATED + n * WEEK && at < CREATED + (n + 1) * WEEK)
  process.stdout.write(
    `collisions within 5 s: first day ${collisions(week(0), 5_000)}, second week ${collisions(week(1), 5_000)}\n`,
  )
  for (const times of all) {
    expect(times[0]).toBeLessThan(CREATED + DAY)
    for (const n of [1, 2, 3])
      expect(times.filter((at) => at >= CREATED + n * WEEK && at < CREATED + (n + 1) * WEEK)).toHaveLength(1)
  }
  for (const n of [1, 2, 3]) expect(collisions(week(n), 5_000)).toBe(0)
  const firstDay = all.flatMap(([first]) => first ?? [])
  expect(collisions(firstDay, 5_000)).toBe(0)
})

test.for([1, 7, 30])(
  "whatever %i days the period has, at most one and a quarter of it lies between two renewals",
  (days) => {
    const roll = dice(days)
    for (const members of [2, 3, 17, 1000]) {
      const calendar = { period: days * DAY, since: CREATED, members, place: Math.floor(roll() * members) }
      for (let i = 0; i < 50; i++) {
        const renewedAt = CREATED + roll() * 100 * DAY
        const next = plannedHeal(calendar, { enteredAt: CREATED, renewedAt }, (_, below) => roll() * below)
        const slot = (days * DAY) / members
        expect(next).toBeGreaterThanOrEqual(renewedAt + (days * DAY) / 4)
        expect(next).toBeLessThan(renewedAt + days * DAY * 1.25 + slot / 2)
      }
    }
  },
)

test("the order is the same for all, a permutation, and another one in another group", () => {
  const members = identities(50)
  const order = calendarOrder(crypto, creation, members)
  expect(calendarOrder(crypto, creation, members.toReversed())).toEqual(order)
  expect(order.toSorted()).toEqual(members.toSorted())
  expect(calendarOrder(crypto, toHex(counting(0x81, 32)), members)).not.toEqual(order)
})

test("who is far from an admin in a group of a thousand renews for four years, and never more than a month apart", () => {
  const decoded = decodeRecord(crypto, EXAMPLES.find(({ name }) => name === "record")!.bytes)
  if (decoded.kind !== "ok") throw new Error("the example of a record is one")
  const commit = { ...decoded.value, kind: 2, encoded: counting(0, 28 * 1024) }
  const log: LoggedRecord[] = []
  const passed = { days: 0, rarest: 0 }
  for (let room = roomIn(log, 4); room.canCommit; room = roomIn(log, 4)) {
    log.push({ ...commit, seq: log.length + 1 })
    const period = stretched(WEEK, roomIn(log, 4).commits) / DAY
    passed.days += period
    passed.rarest = Math.max(passed.rarest, period)
  }
  expect(passed.days).toBeGreaterThan(4 * 365)
  expect(passed.rarest).toBeLessThanOrEqual(30)
  expect(stretched(WEEK, roomIn(log.slice(0, 3), 0).commits)).toBe(WEEK)
  expect(stretched(30 * DAY, 1)).toBe(30 * DAY)
})
