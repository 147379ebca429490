/** Commits numbered rows to the store in the folder given, two rows a commit, and prints each number once it is durable. */
import { writeSync } from "node:fs"

import { Secret, utf8 } from "@starling/kernel"
import { openStore } from "@starling/store"

const COMMITS = 420

const [folder = ""] = process.argv.slice(2)
using store = openStore({
  folder,
  rootKey: new Secret(new Uint8Array(32)),
  random: (length) => new Uint8Array(length).fill(7),
})
for (let number = 0; number < COMMITS; number++) {
  const value = utf8(`${number} `.repeat(900))
  store.commit([
    { kind: "put", bucket: "numbers", partition: "a", key: `${number}`, ordinal: number, value },
    { kind: "put", bucket: "numbers", partition: "b", key: `${number}`, ordinal: number, value: utf8(`${number}`) },
  ])
  writeSync(1, `${number}\n`)
}
