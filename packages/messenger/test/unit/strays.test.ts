import * as fc from "fast-check"
import { expect, test } from "vitest"

import { fromHex, toHex } from "@starling/kernel"
import { decodeRecord, looseIn, type LoggedRecord } from "@starling/messenger/parts"

import { counting, EXAMPLES } from "../support/frames.ts"
import { crypto } from "../support/crypto.ts"

const decoded = decodeRecord(crypto, EXAMPLES.find(({ name }) => name === "record")!.bytes)
if (decoded.kind !== "ok") throw new Error("the example of a record is one")
const example = decoded.value
/** The one that shows the fork, and those beside it. */
const BOUND = 1 + 256

/** A record that follows another one; its hash is drawn, since nothing here looks at signatures. */
function after(previous: LoggedRecord | undefined, salt: number): LoggedRecord {
  const hash = toHex(crypto.hash(new Uint8Array([salt, salt >> 8, previous?.seq ?? 0, 7])))
  const prev = previous === undefined ? new Uint8Array(32) : fromHex(previous.hash)!
  return { ...example, kind: 9, seq: (previous?.seq ?? 0) + 1, prev, hash, encoded: counting(0, 300) }
}

/** A log in which each of many records follows one of those before it; `forks` say which, counted from the newest. */
function treeOf(forks: readonly number[]): LoggedRecord[] {
  const log: LoggedRecord[] = []
  for (const [salt, back] of forks.entries()) log.push(after(log.at(-1 - back), salt))
  return log
}

type Held = readonly LoggedRecord[]

/** What of a log is loose, and neither named nor followed by what is. */
function straysOf(log: Held, named: ReadonlySet<string>): ReadonlySet<string> {
  const strays = new Set(looseIn(log))
  const index = new Map(log.map((record) => [record.hash, record]))
  for (const name of named)
    for (let at = index.get(name); at !== undefined && strays.delete(at.hash);) at = index.get(toHex(at.prev))
  return strays
}

/** What a device holds when these have come, too: each after the one that it follows. */
function taking(held: Held, incoming: Held, named: ReadonlySet<string>): Held {
  const log = [...held]
  const known = new Set(held.map(({ hash }) => hash))
  for (const record of incoming.toSorted((a, b) => a.seq - b.seq)) {
    if (known.has(record.hash) || (record.seq > 1 && !known.has(toHex(record.prev)))) continue
    known.add(record.hash)
    log.push(record)
  }
  const strays = straysOf(log, named)
  return log.filter(({ hash }) => !strays.has(hash))
}

function hashesOf(held: Held): string[] {
  return held.map(({ hash }) => hash).sort()
}

const forks = fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(40), fc.nat(700)), {
  minLength: 500,
  maxLength: 900,
})

test("who exchange what they keep of a log that forked come to keep the same, in whatever order it came", () => {
  fc.assert(
    fc.property(forks, fc.infiniteStream(fc.nat()), fc.boolean(), (shape, dice, isNaming) => {
      const tree = treeOf(shape)
      const roll = (below: number): number => (dice.next().value ?? 0) % below
      const named = new Set(isNaming ? Array.from({ length: 5 }, () => tree[roll(tree.length)]!.hash) : [])
      const devices: Held[] = [[], [], []]
      const branchOf = (record: LoggedRecord): Held =>
        tree.filter(({ hash, seq }) => seq <= record.seq && (hash === record.hash || roll(3) > 0))
      // Its author shows each of them another part.
      for (let i = 0; i < 12; i++) {
        const at = roll(devices.length)
        devices[at] = taking(devices[at]!, branchOf(tree[roll(tree.length)]!), named)
      }
      devices[roll(devices.length)] = taking([], tree, named)
      for (let before = ""; before !== JSON.stringify(devices.map(hashesOf));) {
        before = JSON.stringify(devices.map(hashesOf))
        for (let i = 0; i < devices.length; i++)
          for (let j = 0; j < devices.length; j++) devices[i] = taking(devices[i]!, devices[j]!, named)
      }
      for (const held of devices) expect(hashesOf(held)).toEqual(hashesOf(devices[0]!))
      const longest = Math.max(...tree.map(({ seq }) => seq))
      expect(devices[0]!.length).toBeGreaterThanOrEqual(longest)
      for (const hash of named) expect(hashesOf(devices[0]!)).toContain(hash)
    }),
    { numRuns: 12 },
  )
})

test("of a log that forked, the longest branch stays, and so much beside it", () => {
  const trunk = treeOf(Array.from({ length: 40 }, () => 0))
  const beside = Array.from({ length: 400 }, (_, i) => after(trunk[0], 1000 + i))
  const log = [...trunk, ...beside]
  const strays = straysOf(log, new Set())
  expect(strays.size).toBe(400 - BOUND)
  expect(trunk.filter(({ hash }) => strays.has(hash))).toEqual([])
  const largest = [...strays].sort().at(-1)!
  expect(straysOf(log, new Set([largest])).has(largest)).toBe(false)
  expect(looseIn(trunk)).toEqual(new Set())
})

test("of operations beside the longest branch a few stay, since each can bring somebody in", () => {
  const trunk = treeOf(Array.from({ length: 40 }, () => 0))
  const beside = Array.from({ length: 100 }, (_, i) => ({ ...after(trunk[0], 1000 + i), kind: 1 }))
  expect(looseIn([...trunk, ...beside]).size).toBe(100 - 17)
})

test("a large record beside the longest branch is kept where it alone shows the fork, or somebody else names it", () => {
  const trunk = treeOf([0, 0, 0])
  const [first, second] = [98, 99]
    .map((salt) => ({ ...after(trunk[0], salt), encoded: counting(0, 257 * 1024) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1)) as [LoggedRecord, LoggedRecord]
  expect(straysOf([...trunk, second], new Set())).toEqual(new Set())
  expect(straysOf([...trunk, second, first], new Set())).toEqual(new Set([second.hash]))
  expect(straysOf([...trunk, second, first], new Set([second.hash]))).toEqual(new Set())
})
