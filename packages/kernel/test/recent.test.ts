import { expect, test } from "vitest"

import { Recent } from "@starling/kernel"

test("what is asked for again and again stays, and of the rest no more than the limit", () => {
  const recent = new Recent<number>(10)
  recent.set("asked for", -1)
  for (let i = 0; i < 100; i++) {
    recent.set(`${i}`, i)
    expect(recent.get("asked for")).toBe(-1)
  }
  const held = Array.from({ length: 100 }, (_, i) => `${i}`).filter((name) => recent.get(name) !== undefined)
  expect(held.length).toBeLessThan(10)
  expect(held).toContain("99")
})

test("a name has the value that was set last", () => {
  const recent = new Recent<number>(4)
  for (const value of [1, 2, 3]) recent.set("name", value)
  expect(recent.get("name")).toBe(3)
  expect(recent.get("another")).toBeUndefined()
})
