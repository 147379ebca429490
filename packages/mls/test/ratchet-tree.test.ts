import { equalBytes } from "@starling/kernel"
import { addKey, addLeaf, deleteKey, hasKey, readRatchetTree, treeOf, type KeySet } from "@starling/mls/rfc9420"
import { decode, encode } from "@starling/wire"
import * as fc from "fast-check"
import { expect, test } from "vitest"

import { forgeLeaf } from "./forgery.ts"
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

test("a tree does not grow beyond what peers may make us hold", () => {
  const { leafNode } = client(world("full"), "one").keyPackage.keyPackage
  const small = treeOf([leafNode])
  const full = { ...small, root: { ...small.root, index: 65_535, members: 65_536 } }
  expect(() => addLeaf(full, leafNode)).toThrow("group-full")
})

test("a key set holds what a list would, and older ones stay as they were", () => {
  const keys = fc.uint8Array({ maxLength: 3 }).map((bytes) => new Uint8Array(bytes))
  const steps = fc.array(fc.tuple(keys, fc.boolean()), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (list) => {
      let set: KeySet
      let model: Uint8Array[] = []
      const history: { readonly set: KeySet; readonly model: readonly Uint8Array[] }[] = []
      for (const [key, isAdding] of list) {
        const known = model.some((other) => equalBytes(other, key))
        expect(hasKey(set, key)).toBe(known)
        if (isAdding && known) expect(() => addKey(set, key)).toThrow(RangeError)
        if (isAdding && !known) {
          set = addKey(set, key)
          model = model.concat([key])
        }
        if (!isAdding) {
          set = deleteKey(set, key)
          model = model.filter((other) => !equalBytes(other, key))
        }
        history.push({ set, model })
      }
      for (const moment of history) {
        for (const key of moment.model) expect(hasKey(moment.set, key)).toBe(true)
        for (const [key] of list) {
          expect(hasKey(moment.set, key)).toBe(moment.model.some((other) => equalBytes(other, key)))
        }
      }
    }),
    { numRuns: 200, seed: 1 },
  )
})

test("keys that are alike up to their end make a key set no larger than others do", () => {
  const branches = (set: KeySet): number =>
    set === undefined || set instanceof Uint8Array ? 0 : set.slots.reduce((sum, slot) => sum + branches(slot), 1)
  const base = new Uint8Array(2048)
  const keys = Array.from({ length: 300 }, (_, i) => base.with(2047 - i, 1))
  const set = keys.reduce<KeySet>((all, key) => addKey(all, key), undefined)
  expect(branches(set)).toBe(keys.length - 1)
  for (const key of keys) expect(hasKey(set, key)).toBe(true)
  expect(hasKey(set, base)).toBe(false)
  expect(keys.reduce<KeySet>((rest, key) => deleteKey(rest, key), set)).toBeUndefined()
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
