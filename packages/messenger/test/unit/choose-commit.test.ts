import * as fc from "fast-check"
import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"
import { chooseTip, rank, resolveMembership, type ForestNode, type KnownOperation } from "@starling/messenger/parts"

import { counting } from "../support/frames.ts"
import { crypto } from "../support/crypto.ts"
import { person } from "../support/devices.ts"

const [alice, bob, mallory] = [person(1), person(2), person(3)]
const sid = (n: number): string => toHex(crypto.hash(counting(n, 32)))
const creation = sid(0)

function node(id: string, parent: string | undefined, epoch: number, author: typeof alice): ForestNode {
  return {
    sid: id,
    parent,
    epoch,
    author: author.identity,
    device: author.device,
    at: 0,
    reason: "healed",
    added: [],
    removed: [],
    ops: [],
    mls: new Uint8Array(0),
    roster: [],
    standing: { kind: "open" },
    era: undefined,
    placedAt: 0,
  }
}

function removal(after: string): KnownOperation {
  const change = { kind: "remove", identity: mallory.identity, after } as const
  return { hash: "ff".repeat(32), author: alice.identity, device: alice.device, change, deps: [], previous: undefined }
}

function choose(nodes: readonly ForestNode[], operations: readonly KnownOperation[] = []): string {
  const known = new Map(operations.map((op) => [op.hash, op]))
  const forest = new Map(nodes.map((each) => [each.sid, each]))
  const membership = resolveMembership(known, alice, "alice")
  return chooseTip({ forest, creation, membership, operations: known, crypto }, creation)
}

const root = node(creation, undefined, 0, alice)
/** Heights at which Mallory's rank beats Alice's, so that only the removal can decide against her. */
const epoch = Array.from({ length: 64 }, (_, i) => i + 1).find(
  (each) => rank(crypto, creation, each, mallory.identity) < rank(crypto, creation, each, alice.identity),
)!

/** Alice's commits up to the height where Mallory would win. */
function trunk(): ForestNode[] {
  const nodes = [root]
  for (let i = 1; i < epoch; i++) nodes.push(node(sid(i), nodes.at(-1)!.sid, i, alice))
  return nodes
}

test("of two commits on one state the one of least rank is chosen, whatever was built on the other", () => {
  const base = trunk()
  const [hers, mine] = [sid(100), sid(101)]
  const tip = base.at(-1)!.sid
  const nodes = [
    ...base,
    node(hers, tip, epoch, mallory),
    node(mine, tip, epoch, alice),
    node(sid(102), mine, epoch + 1, bob),
  ]
  expect(choose(nodes)).toBe(hers)
})

test("what a removed member commits beside the remover's state is void, however it ranks and however long it is", () => {
  const base = trunk()
  const tip = base.at(-1)!.sid
  const [hers, mine] = [sid(100), sid(101)]
  const nodes = [
    ...base,
    node(hers, tip, epoch, mallory),
    node(sid(103), hers, epoch + 1, mallory),
    node(mine, tip, epoch, alice),
  ]
  expect(choose(nodes, [removal(tip)])).toBe(mine)
})

test("what the remover had in its past stays, and so does what somebody else has built on", () => {
  const base = trunk()
  const tip = base.at(-1)!.sid
  const [hers, mine] = [sid(100), sid(101)]
  const both = [...base, node(hers, tip, epoch, mallory), node(mine, tip, epoch, alice)]
  expect(choose(both, [removal(hers)])).toBe(hers)
  // A removal that claims to know nothing but the creation does not undo what Bob has settled.
  expect(choose([...both, node(sid(104), hers, epoch + 1, bob)], [removal(creation)])).toBe(sid(104))
})

test("an invalid commit is passed over with all that stands on it", () => {
  const base = trunk()
  const tip = base.at(-1)!.sid
  const [hers, mine] = [sid(100), sid(101)]
  const bad: ForestNode = { ...node(hers, tip, epoch, mallory), standing: { kind: "invalid" } }
  expect(choose([...base, bad, node(sid(105), hers, epoch + 1, bob), node(mine, tip, epoch, alice)])).toBe(mine)
})

test("the order in which commits come does not matter", () => {
  const authors = [alice, bob, mallory]
  const link = fc.record({ parent: fc.nat(), author: fc.nat(2) })
  fc.assert(
    fc.property(fc.array(link, { minLength: 1, maxLength: 20 }), fc.infiniteStream(fc.nat()), (links, dice) => {
      const nodes = [root]
      for (const [i, { parent, author }] of links.entries()) {
        const below = nodes[parent % nodes.length]!
        nodes.push(node(sid(200 + i), below.sid, below.epoch + 1, authors[author]!))
      }
      const operations = [removal(nodes[1]!.sid)]
      const shuffled = nodes.map((each) => ({ each, at: dice.next().value ?? 0 })).sort((a, b) => a.at - b.at)
      expect(
        choose(
          shuffled.map(({ each }) => each),
          operations,
        ),
      ).toBe(choose(nodes, operations))
    }),
  )
})
