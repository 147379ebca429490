import {
  addLeaf,
  Branch,
  hasEncryptionKey,
  isLeafNode,
  KeyIndex,
  leafAt,
  parentHashesAreValid,
  readRatchetTree,
  slotsInOrder,
  treeOf,
  updateLeaf,
} from "@starling/mls/rfc9420"
import { decode, encode } from "@starling/wire"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { forgeLeaf } from "./forgery.ts"
import { Story } from "./story.ts"
import { client, world } from "./world.ts"

test("RFC 9420, 7.7: leaves fill the leftmost blank place, and the tree doubles when there is none", () => {
  const mls = world("leaves")
  const leaf = (name: string) => client(mls, name).keyPackage.keyPackage.leafNode
  let tree = treeOf([leaf("0")])
  for (const [expected, name] of ["1", "2", "3", "4"].entries()) {
    const added = addLeaf(tree, leaf(name))
    expect(added.leafIndex).toBe(expected + 1)
    tree = added.tree
  }
  expect(tree.root.index).toBe(7)
})

test("RFC 9420, 7.9.2: no parent is valid that lists a leaf as unmerged where there is none", () => {
  const story = new Story(world("unmerged"), "0")
  story.add("0", "1", "2", "3")
  story.remove("0", "3")
  story.update("2")
  const { crypto } = story.mls
  const nodes = Array.from(slotsInOrder(story.state("0").tree.root), ({ node }) => node)
  expect(parentHashesAreValid(crypto, treeOf(nodes))).toBe(true)
  const root = nodes[3]
  if (root === undefined || isLeafNode(root)) throw new RangeError("no root")
  const listing = treeOf(nodes.with(3, { ...root, unmergedLeaves: [3] }))
  expect(parentHashesAreValid(crypto, listing)).toBe(false)
})

test("a tree does not grow beyond what peers may make us hold", () => {
  const { leafNode } = client(world("full"), "one").keyPackage.keyPackage
  const { root, ...indices } = treeOf([leafNode])
  const grown = Array.from({ length: 16 }).reduce<typeof root>((half, _, level) => {
    return new Branch(2 ** (level + 1) - 1, undefined, half, half)
  }, root)
  const full = { ...indices, root: grown }
  expect(grown.members).toBe(65_536)
  expect(() => addLeaf(full, leafNode)).toThrow("group-full")
})

test("each version of a key index holds what a list would, in whatever order they are asked", () => {
  const entry = fc.tuple(fc.nat(5), fc.nat(40))
  const change = fc.record({ from: fc.nat(100), add: fc.array(entry, { maxLength: 12 }), drop: fc.nat(255) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), fc.array(fc.nat(100), { maxLength: 20 }), (changes, looks) => {
      const history: { readonly index: KeyIndex; readonly model: readonly (readonly [number, number])[] }[] = [
        { index: KeyIndex.of([]), model: [] },
      ]
      const look = (at: number): void => {
        const { index, model } = history[at % history.length] ?? { index: KeyIndex.of([]), model: [] }
        for (let hash = 0; hash < 6; hash++) {
          const expected = model.filter(([each]) => each === hash).map(([, node]) => node)
          expect(new Set(index.nodes(hash))).toEqual(new Set(expected))
          expect(index.nodes(hash)).toHaveLength(expected.length)
        }
      }
      for (const { from, add, drop } of changes) {
        const base = history[from % history.length]
        if (base === undefined) throw new RangeError("no version")
        const removed = base.model.filter((_, i) => ((drop >> (i % 8)) & 1) === 1)
        const kept = base.model.filter((each) => !removed.includes(each))
        const added = add.filter(([, node], i) => ![...kept, ...add.slice(0, i)].some(([, other]) => other === node))
        history.push({ index: base.index.replaced(removed.flat(), added.flat()), model: [...kept, ...added] })
        look(from)
      }
      for (const at of looks) look(at)
    }),
    { numRuns: 200, seed: 1 },
  )
})

test("a key is found in a tree as long as it is there, and in trees of before", () => {
  const mls = world("keys of a tree")
  const [one, two] = ["one", "two"].map((name) => client(mls, name).keyPackage.keyPackage.leafNode)
  if (one === undefined || two === undefined) throw new RangeError("two leaves")
  const before = treeOf([one])
  const after = updateLeaf(before, 0, two)
  for (let i = 0; i < 2; i++) {
    expect(hasEncryptionKey(after, two.encryptionKey)).toBe(true)
    expect(hasEncryptionKey(after, one.encryptionKey)).toBe(false)
    expect(hasEncryptionKey(before, one.encryptionKey)).toBe(true)
    expect(hasEncryptionKey(before, two.encryptionKey)).toBe(false)
  }
  expect(leafAt(before, 0)?.encoded).toEqual(one.encoded)
})

test.for(["encryptionKey", "signatureKey"] as const)("a tree whose leaf has a huge %s is read no further", (name) => {
  const mls = world("huge keys")
  const people = ["one", "two"].map((each) => client(mls, each))
  const read = (key: (last: number) => Uint8Array<ArrayBuffer> | undefined) => {
    const encoded = people.map((person, last) => {
      const own = person.keyPackage.keyPackage.leafNode
      return forgeLeaf(mls.crypto, person, { [name]: key(last) ?? own[name] }).encoded
    })
    const nodes = [encoded[0], undefined, encoded[1]]
    const tree = encode((w) =>
      w.vector(nodes, (each, leaf) => each.optional(leaf, (x, bytes) => x.uint8(1).fixed(bytes))),
    )
    return decode(tree, readRatchetTree).kind
  }
  expect(read(() => undefined)).toBe("ok")
  expect(read((last) => new Uint8Array(2048).with(2047, last))).toBe("ok")
  expect(read((last) => new Uint8Array(100_000).with(99_999, last))).toBe("malformed")
})
