import { commitmentOf, DOMAIN_TAGS, leafOf, MAX_QUOTA, nullifierOf, rootOf } from "@starling/proof"
import { expect, test } from "vitest"
import { element, tree } from "./member.ts"

test("equal inputs give another value in every use", () => {
  const values = [
    commitmentOf(element(5), element(6)),
    leafOf(element(5), 6),
    nullifierOf(element(5), element(6), 0),
    rootOf(element(5), 0, [element(6), ...tree.path(0).slice(1)]),
  ]
  expect(new Set(values).size).toBe(values.length)
  expect(new Set(Object.values(DOMAIN_TAGS)).size).toBe(4)
})

test("every input of a nullifier counts", () => {
  const base = nullifierOf(element(5), element(6), 7)
  expect(nullifierOf(element(4), element(6), 7)).not.toBe(base)
  expect(nullifierOf(element(5), element(7), 7)).not.toBe(base)
  expect(nullifierOf(element(5), element(6), 8)).not.toBe(base)
})

test.for([0, -1, 1.5, MAX_QUOTA + 1, Number.NaN])("%s is no quota", (quota) => {
  expect(() => leafOf(element(1), quota)).toThrow(RangeError)
})

test.for([-1, 0.5, MAX_QUOTA, Number.NaN])("%s is no k", (k) => {
  expect(() => nullifierOf(element(1), element(2), k)).toThrow(RangeError)
})
