import * as fc from "fast-check"
import { expect, test } from "vitest"

import { causalPasts, depthOf, precedes } from "@starling/messenger/parts"

interface Node {
  readonly hash: string
  readonly device: string
  readonly deps: readonly string[]
  readonly previous: string | undefined
}

/**
 * Operations of three devices, in an order in which they may have been made; some depend on what nobody holds. A device goes
 * on from its last one, or where it forks from one some steps `back`.
 */
const historiesWith = (back: fc.Arbitrary<number>) =>
  fc
    .array(fc.record({ device: fc.constantFrom("a", "b", "c"), deps: fc.array(fc.nat(30), { maxLength: 3 }), back }), {
      maxLength: 24,
    })
    .map((steps) => {
      const nodes: Node[] = []
      for (const { device, deps, back } of steps) {
        const known = deps.map((i) => nodes[i]?.hash ?? `unknown ${i}`)
        const previous = nodes.filter((node) => node.device === device).at(-1 - back)?.hash
        nodes.push({ hash: `op ${nodes.length}`, device, deps: known, previous })
      }
      return nodes
    })
const histories = historiesWith(fc.constant(0))
const forkedHistories = historiesWith(fc.nat(4))

function mapOf(nodes: readonly Node[]): Map<string, Node> {
  return new Map(nodes.map((node) => [node.hash, node]))
}

function reachable(nodes: ReadonlyMap<string, Node>, from: string): Set<string> {
  const found = new Set<string>()
  const open = [from]
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const node = nodes.get(at)
    for (const parent of [...(node?.deps ?? []), node?.previous ?? ""])
      if (nodes.has(parent) && !found.has(parent)) {
        found.add(parent)
        open.push(parent)
      }
  }
  return found
}

function expectKnown(history: readonly Node[], pasts: ReturnType<typeof causalPasts>): void {
  const nodes = mapOf(history)
  for (const { hash } of history) {
    const past = reachable(nodes, hash)
    expect(history.filter((other) => precedes(pasts, other.hash, hash)).map((other) => other.hash)).toEqual(
      history.filter((other) => past.has(other.hash)).map((other) => other.hash),
    )
    expect(depthOf(pasts, hash)).toBe(past.size)
  }
}

test("a number for each line says which operations an author knew of, in logs that forked too", () => {
  fc.assert(
    fc.property(forkedHistories, (history) => {
      expectKnown(history, causalPasts(mapOf(history)))
    }),
  )
})

test("where branches of a log come one after the other, in any order, what was found before does no harm", () => {
  fc.assert(
    fc.property(forkedHistories, fc.infiniteStream(fc.nat()), (history, dice) => {
      // A log's records are taken up each after the one that it continues; what they depend on may come later.
      let left = history
      const held: Node[] = []
      let pasts = causalPasts(new Map())
      while (left.length > 0) {
        const ready = left.filter(
          ({ previous }) => previous === undefined || held.some(({ hash }) => hash === previous),
        )
        const next = ready[(dice.next().value ?? 0) % ready.length]!
        held.push(next)
        left = left.filter((node) => node !== next)
        pasts = causalPasts(mapOf(held), pasts)
      }
      expectKnown(history, pasts)
    }),
  )
})

test("what was found of a part of the operations may be used for all of them, and what was missing is found anew", () => {
  fc.assert(
    fc.property(histories, fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }), (history, early) => {
      // Devices' operations are held from the first on, those of different devices in any order.
      const ends = new Map(
        ["a", "b", "c"].map((device, i) => [device, early.slice(i * 8, i * 8 + 8).filter(Boolean).length]),
      )
      const counts = new Map<string, number>()
      const part = history.filter(({ device }) => {
        const count = (counts.get(device) ?? 0) + 1
        counts.set(device, count)
        return count <= (ends.get(device) ?? 0)
      })
      const all = causalPasts(mapOf(history))
      const grown = causalPasts(mapOf(history), causalPasts(mapOf(part)))
      expect(grown).toEqual(all)
    }),
  )
})

test("thousands of operations of one device cost one entry each", () => {
  const history: Node[] = [{ hash: "add", device: "a", deps: [], previous: undefined }]
  for (let i = 0; i < 8000; i++)
    history.push({ hash: `leave ${i}`, device: "b", deps: ["add"], previous: i === 0 ? undefined : `leave ${i - 1}` })
  const pasts = causalPasts(mapOf(history))
  expect(precedes(pasts, "leave 0", "leave 7999")).toBe(true)
  expect(precedes(pasts, "leave 7999", "leave 0")).toBe(false)
  const vectors = new Set([...pasts.values()].map(({ known }) => known))
  expect(vectors.size).toBe(2)
})
