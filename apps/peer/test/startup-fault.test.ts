import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { expect, test } from "vitest"
import { startupFault } from "../src/cli/startup-fault.ts"

test.for(["ENOSPC", "EDQUOT"])("a start for which the system finds no room (%s) says that the disk is full", (code) => {
  const error = Object.assign(new Error(`${code}: no room, write`), { code, syscall: "write" })
  expect(() => startupFault(error)).toThrow(expect.objectContaining({ name: "CliError", code: "disk-full" }))
})

test("any other refusal of the system is told as that", () => {
  const refused = (): void => {
    try {
      writeFileSync(tmpdir(), "a folder is no file")
    } catch (error) {
      startupFault(error)
    }
  }
  expect(refused).toThrow(expect.objectContaining({ name: "CliError", code: "io" }))
})
