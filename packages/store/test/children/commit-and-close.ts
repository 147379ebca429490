/**
 * Commits numbered rows and prints each number once it is durable; closes and reopens on the way, and once writes so much
 * that the log is carried over into the main file and begun anew.
 */
import { writeSync } from "node:fs"

import { utf8 } from "@starling/kernel"
import type { Write } from "@starling/messenger/ports"

import { open } from "../folders.ts"

const LARGE = 9

let number = 0
for (const rows of [5, 10]) {
  using store = open(process.argv[2] ?? "")
  for (let i = 0; i < rows; i++, number++) {
    const row = (partition: string, bytes: number): Write => {
      const value = utf8(`${number} `.padEnd(bytes, "x"))
      return { kind: "put", bucket: "numbers", partition, key: `${number}`, ordinal: number, value }
    }
    const bulk = number === LARGE ? Array.from({ length: 33 }, (_, at) => row(`bulk ${at}`, 130_000)) : []
    store.commit([row("a", 300 * number), row("b", 10), ...bulk])
    writeSync(1, `${number}\n`)
  }
}
