import { inspect } from "node:util"

import { expect, test } from "vitest"

import { Secret } from "@starling/kernel"

test("a secret prints as [secret] whichever way it is printed", () => {
  const secret = new Secret(Uint8Array.of(222, 173))
  for (const printed of [String(secret), JSON.stringify({ secret }), inspect({ secret })]) {
    expect(printed).toContain("[secret]")
    expect(printed).not.toMatch(/222|173|dead/i)
  }
})

test("a secret is wiped when its scope ends, and its source is left to the caller", () => {
  const source = Uint8Array.of(1, 2, 3)
  const secret = new Secret(source)
  const exposed = secret.expose()
  secret[Symbol.dispose]()
  expect(exposed).toEqual(new Uint8Array(3))
  expect(source).toEqual(Uint8Array.of(1, 2, 3))
})
