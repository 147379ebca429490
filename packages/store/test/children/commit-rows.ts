/** Commits numbered rows, three at a time, to the store in the folder given, and prints each number once it is durable. */
import { writeSync } from "node:fs"

import { utf8 } from "@starling/kernel"

import { open } from "../folders.ts"

const store = open(process.argv[2] ?? "")
const start = store.all("numbers").length / 3
for (let number = start; ; number++) {
  const value = utf8(`${number} `.repeat(number % 400))
  store.commit(
    ["a", "b", "c"].map((partition) => {
      return { kind: "put", bucket: "numbers", partition, key: `${number}`, ordinal: number, value }
    }),
  )
  writeSync(1, `${number}\n`)
}
