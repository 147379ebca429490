import { DOMAIN_TAGS, FieldElement, MerkleTree, rootOf, TREE_CAPACITY, TREE_DEPTH } from "@starling/proof"
import * as fc from "fast-check"
import { poseidon3 } from "poseidon-lite"
import { expect, test } from "vitest"
import { element, leaves, tree } from "./member.ts"

const leafLists = fc.array(
  fc.bigInt({ min: 1n, max: 1n << 250n }).map((value) => FieldElement.of(value)),
  { maxLength: 40 },
)

/** Straight from the definition: the root of 2^depth positions, those without a leaf zero. */
function naiveRoot(values: readonly bigint[], depth: number): bigint {
  if (depth === 0) return values[0] ?? 0n
  const half = 2 ** (depth - 1)
  const left = naiveRoot(values.slice(0, half), depth - 1)
  const right = values.length > half ? naiveRoot(values.slice(half), depth - 1) : naiveEmpty(depth - 1)
  return poseidon3([DOMAIN_TAGS.node, left, right])
}

function naiveEmpty(depth: number): bigint {
  let root = 0n
  for (let level = 0; level < depth; level++) root = poseidon3([DOMAIN_TAGS.node, root, root])
  return root
}

test("the root is that of a naive tree", () => {
  fc.assert(
    fc.property(leafLists, (list) => {
      expect(MerkleTree.of(list).root).toBe(naiveRoot(list, TREE_DEPTH))
    }),
    { numRuns: 15 },
  )
})

test("every path leads to the root, from its own leaf and position only", () => {
  fc.assert(
    fc.property(leafLists, fc.nat(), (list, choice) => {
      fc.pre(list.length > 0)
      const grown = MerkleTree.of(list)
      const index = choice % list.length
      const siblings = grown.path(index)
      const leaf = list[index] ?? element(0)
      expect(siblings).toHaveLength(TREE_DEPTH)
      expect(rootOf(leaf, index, siblings)).toBe(grown.root)
      expect(rootOf(element((leaf + 1n) % (1n << 250n)), index, siblings)).not.toBe(grown.root)
      if (leaf !== siblings[0]) expect(rootOf(leaf, index ^ 1, siblings)).not.toBe(grown.root)
    }),
    { numRuns: 15 },
  )
})

test("the order and the number of leaves count", () => {
  const [first, ...others] = leaves
  expect(MerkleTree.of([...others, first ?? element(0)]).root).not.toBe(tree.root)
  expect(MerkleTree.of(others).root).not.toBe(tree.root)
  expect(tree.size).toBe(5)
})

test("the root of the empty tree isn't zero", () => {
  const empty = MerkleTree.of([])
  expect(empty.size).toBe(0)
  expect(empty.root).toBe(naiveEmpty(TREE_DEPTH))
  expect(empty.root).not.toBe(0n)
})

test("a change of the list given doesn't reach the tree", () => {
  const list = [...leaves]
  const grown = MerkleTree.of(list)
  list.reverse()
  expect(grown.path(0)).toEqual(tree.path(0))
})

test("a zero leaf is refused", () => {
  expect(() => MerkleTree.of([element(1), element(0)])).toThrow("never zero")
})

test("more leaves than positions are refused", () => {
  const one = element(1)
  expect(() => MerkleTree.of(Array.from({ length: TREE_CAPACITY + 1 }, () => one))).toThrow(RangeError)
})

test.for([-1, 0.5, 5, TREE_CAPACITY, Number.NaN])("there is no path to position %s", (index) => {
  expect(() => tree.path(index)).toThrow(RangeError)
})

test("a path of another length, or to a position outside, has no root", () => {
  const siblings = tree.path(0)
  expect(() => rootOf(element(1), 0, siblings.slice(1))).toThrow(RangeError)
  expect(() => rootOf(element(1), 0, [...siblings, element(1)])).toThrow(RangeError)
  expect(() => rootOf(element(1), TREE_CAPACITY, siblings)).toThrow(RangeError)
  expect(() => rootOf(element(1), -1, siblings)).toThrow(RangeError)
})
