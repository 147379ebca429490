import { existsSync, globSync, readFileSync } from "node:fs"

import { expect, test, vi } from "vitest"

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8")
const README = read("../README.md")

test("the README's program is compiled, and runs as it stands", async () => {
  const blocks = Array.from(README.matchAll(/```ts\n([\s\S]*?)```/g), ([, block]) => block)
  expect(blocks.join("\n")).toBe(read("readme-example.ts"))
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true)
  await import("./readme-example.ts")
  const written = write.mock.calls.map(([text]) => String(text))
  write.mockRestore()
  expect(written).toContain("hello, Bob")
})

test("every file that the README names for a clause of the RFC is there", () => {
  const rows = Array.from(README.matchAll(/^\| [^|]* \| (`[^|]*`) \| (`[^|]*`) \|$/gm), ([, src, tests]) => ({
    src,
    tests,
  }))
  const names = (cell = "") => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name]) => name ?? "")
  const isThere = (path: string) => existsSync(new URL(path, import.meta.url))
  expect(rows.length).toBeGreaterThan(10)
  for (const { src, tests } of rows) {
    expect(names(src).filter((name) => !isThere(`../src/${name.endsWith("/") ? name : `${name}.ts`}`))).toEqual([])
    expect(names(tests).filter((name) => !isThere(`${name}.test.ts`))).toEqual([])
  }
})

test("the list of draws has each that is in the sources, and no other", () => {
  const sources = globSync("**/*.ts", { cwd: new URL("../src", import.meta.url) }).map((file) => read(`../src/${file}`))
  const drawn = sources.flatMap((text) =>
    Array.from(text.matchAll(/(?:\bdraw|drawKeyPair)\(mls, [^"\n]*"([^"]+)"\)/g), ([, purpose]) => purpose),
  )
  const table = read("../docs/promises.md").split("| purpose |")[1]?.split("\n\n")[0] ?? ""
  const listed = Array.from(table.matchAll(/^\| `([^`]+)` \|/gm), ([, purpose]) => purpose)
  expect(new Set(drawn)).toEqual(new Set(listed))
  const calls = sources.flatMap((text) => Array.from(text.matchAll(/\bdraw\(mls, /g)))
  const literal = sources.flatMap((text) => Array.from(text.matchAll(/\bdraw\(mls, [^"\n]*"[^"]+"\)/g)))
  expect(calls.length - literal.length).toBe(1) // the one in `drawKeyPair`
})
