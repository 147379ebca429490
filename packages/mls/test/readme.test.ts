import { readFileSync } from "node:fs"

import { expect, test, vi } from "vitest"

const read = (name: string) => readFileSync(new URL(name, import.meta.url), "utf8")

test("the README's example is compiled, and runs as it stands", async () => {
  const [, example] = /```ts\n([\s\S]*?)```/.exec(read("../README.md")) ?? []
  expect(example).toBe(read("readme-example.ts"))
  const write = vi.spyOn(process.stdout, "write").mockReturnValue(true)
  await import("./readme-example.ts")
  const written = write.mock.calls.map(([text]) => String(text))
  write.mockRestore()
  expect(written).toContain("hello, Bob")
})
