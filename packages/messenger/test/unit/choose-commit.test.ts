import * as fc from "fast-check"
import { expect, test } from "vitest"

import { toHex } from "@starling/kernel"
import {
  chooseTip,
  EQUALS,
  rank,
  resolveMembership,
  type ForestNode,
  type KnownOperation,
  type Testimony,
} from "@starling/messenger/parts"

import { counting } from "../support/frames.ts"
import { crypto } from "../support/crypto.ts"
import { person } from "../support/devices.ts"

const [alice, bob, mallory] = [person(1), person(2), person(3)]
const sid = (n: number): string => toHex(crypto.hash(counting(n, 32)))
const creation = sid(0)

function seated(...devices: readonly (typeof alice)[]): ForestNode["roster"] {
  return devices.map((device) => ({ ...device, ownsPeerId: false }))
}

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
    bodies: [],
    interims: new Set(),
    roster: seated(alice, bob, mallory),
    standing: { kind: "open" },
    era: undefined,
    placedAt: 0,
  }
}

function removal(after: string, subject = mallory, author = alice): KnownOperation {
  const change = { kind: "remove", identity: subject.identity, after } as const
  return {
    hash: "ff".repeat(32),
    author: author.identity,
    device: author.device,
    change,
    deps: [],
    previous: undefined,
  }
}

interface Otherwise {
  readonly operations?: readonly KnownOperation[]
  readonly said?: Partial<Testimony>
  readonly equivocators?: readonly string[]
  readonly creator?: typeof alice
}

function choose(
  nodes: readonly ForestNode[],
  { operations = [], said = {}, equivocators = [], creator = alice }: Otherwise = {},
): string {
  const known = new Map(operations.map((op) => [op.hash, op]))
  const forest = new Map(nodes.map((each) => [each.sid, each]))
  const membership = resolveMembership(known, { creator, creatorName: "somebody", policy: EQUALS })
  const testimony = { supports: new Map(), refusals: new Map(), ...said }
  return chooseTip(
    { forest, membership, operations: known, testimony, equivocators: new Set(equivocators), crypto },
    creation,
  )
}

const root = node(creation, undefined, 0, alice)
const [hers, mine] = [sid(100), sid(101)]
const places = (author: typeof alice): string => rank(crypto, creation, 1, author.identity)
/** Of least rank at the first height, and the other two. */
const [first, second, third] = [alice, bob, mallory].toSorted((a, b) => (places(a) < places(b) ? -1 : 1)) as [
  typeof alice,
  typeof alice,
  typeof alice,
]
const on = (parent: string, n: number, author: typeof alice, epoch = 2): ForestNode =>
  node(sid(n), parent, epoch, author)
const supports = (id: string, ...people: (typeof alice)[]) => ({
  supports: new Map([[id, new Set(people.map(({ identity }) => identity))]]),
})

test("of two commits that one member each stands behind, the one of least rank is chosen", () => {
  expect(choose([root, node(hers, creation, 1, second), node(mine, creation, 1, first)])).toBe(mine)
  expect(choose([root, node(mine, creation, 1, first), node(hers, creation, 1, second)])).toBe(mine)
})

test("the branch that more members stand behind is chosen, by commits on it or by their word, however they rank", () => {
  const fork = [root, node(hers, creation, 1, second), node(mine, creation, 1, first)]
  expect(choose([...fork, on(hers, 102, third)])).toBe(sid(102))
  expect(choose(fork, { said: supports(hers, third) })).toBe(hers)
  expect(choose(fork, { said: supports(hers, second) })).toBe(mine)
})

test("a chain by one hand is no deeper than its first commit; one by two hands is", () => {
  const fork = [root, node(hers, creation, 1, second), node(mine, creation, 1, first)]
  const chain = [on(hers, 102, second), on(sid(102), 103, second, 3), on(sid(103), 104, second, 4)]
  expect(choose([...fork, ...chain])).toBe(mine)
  const both = [...fork, ...chain, on(mine, 105, second)]
  expect(choose(both)).toBe(sid(105))
})

test("a chain by one hand is no deeper for citing what was realised before", () => {
  const fork = [root, node(hers, creation, 1, second), node(mine, creation, 1, first)]
  const citing = { ...on(hers, 102, second), ops: ["aa".repeat(32)] }
  expect(choose([...fork, citing])).toBe(mine)
  expect(choose([...fork, { ...citing, added: [third.identity] }])).toBe(citing.sid)
})

test("who came after a fork does not count at it, nor does who signed two histories", () => {
  const before = { ...root, roster: seated(first, second) }
  const fork = [before, node(hers, creation, 1, second), node(mine, creation, 1, first)]
  const said = supports(hers, third)
  expect(choose(fork, { said })).toBe(mine)
  const whole = [root, ...fork.slice(1)]
  expect(choose(whole, { said })).toBe(hers)
  expect(choose(whole, { said, equivocators: [third.identity] })).toBe(mine)
})

test("a state that as many members refuse as stand behind it is passed over; one that more stand behind is not", () => {
  const refusals = new Map([[mine, new Set([third.identity])]])
  const fork = [root, node(mine, creation, 1, first)]
  expect(choose(fork, { said: { refusals } })).toBe(creation)
  expect(choose(fork, { said: { refusals, ...supports(mine, second) } })).toBe(mine)
  const own = new Map([[mine, new Set([first.identity])]])
  expect(choose(fork, { said: { refusals: own } })).toBe(mine)
  const outsider = new Map([[mine, new Set([person(9).identity])]])
  expect(choose(fork, { said: { refusals: outsider } })).toBe(mine)
})

test("what a removed member commits beside the remover's state is void, whoever stands with them", () => {
  const nodes = [root, node(hers, creation, 1, mallory), on(hers, 103, mallory), node(mine, creation, 1, alice)]
  const said = supports(hers, mallory, bob)
  expect(choose(nodes, { operations: [removal(creation)], said })).toBe(mine)
})

test("what the remover had in its past stays, and so does what somebody else has built on", () => {
  const both = [root, node(hers, creation, 1, mallory), node(mine, creation, 1, alice)]
  expect(choose([both[0]!, both[1]!], { operations: [removal(hers)] })).toBe(hers)
  expect(choose([both[0]!, both[1]!], { operations: [removal(creation)] })).toBe(creation)
  // A removal that claims to know nothing but the creation does not undo what Bob has settled.
  const settled = [both[0]!, both[1]!, on(hers, 104, bob)]
  expect(choose(settled, { operations: [removal(creation)] })).toBe(sid(104))
})

test("a member whom a removal names no longer stands behind anything", () => {
  const fork = [root, node(hers, creation, 1, second), node(mine, creation, 1, first)]
  const said = supports(hers, third)
  expect(choose(fork, { said })).toBe(hers)
  expect(choose(fork, { said, operations: [removal(mine, third, first)], creator: first })).toBe(mine)
})

test("an invalid commit is passed over with all that stands on it", () => {
  const bad: ForestNode = { ...node(hers, creation, 1, mallory), standing: { kind: "invalid" } }
  expect(choose([root, bad, on(hers, 105, bob), node(mine, creation, 1, alice)])).toBe(mine)
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
      const refusals = new Map(nodes.slice(2, 5).map((each) => [each.sid, new Set([bob.identity])]))
      const said = { refusals, ...supports(nodes.at(-1)!.sid, alice, bob) }
      const shuffled = nodes.map((each) => ({ each, at: dice.next().value ?? 0 })).sort((a, b) => a.at - b.at)
      expect(
        choose(
          shuffled.map(({ each }) => each),
          { operations, said },
        ),
      ).toBe(choose(nodes, { operations, said }))
    }),
  )
})
