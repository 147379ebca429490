// Weakens one check of the engine after the other and runs its tests. Each weakening that
// no test misses has to stand in docs/mutation-testing.md with an argument; the command fails where one does not.
import { readFileSync } from "node:fs"

import { readOptions, severalOf } from "@starling/kernel/node"

import { openEngineTests } from "./engine-tests.ts"
import { weakenings, type Weakening } from "./weakenings.ts"

const ARGUED = new URL("../docs/mutation-testing.md", import.meta.url)

const all = weakenings()
const FILES = [...new Set(all.map(({ file }) => file))]
const USAGE = `npm run mutate:mls -- [options]
  --file NAME   these files alone, each with a --file of its own: ${FILES.join(", ")}`
const values = readOptions(USAGE, { file: severalOf(FILES) })
const chosen = all.filter(({ file }) => values.file?.includes(file) ?? true)

await using tests = await openEngineTests()
const failing = await tests.failing(undefined)
if (failing !== undefined) {
  console.error(`mend this first, it fails as it is: ${failing}`)
  process.exit(2)
}

const survivors: Weakening[] = []
for (const [i, weakening] of chosen.entries()) {
  const test = await tests.failing(weakening)
  if (test === undefined) survivors.push(weakening)
  const outcome = test === undefined ? "SURVIVED" : `killed by "${test}"`
  console.log(`${i + 1}/${chosen.length} ${weakening.file}: ${weakening.line}: ${outcome}`)
}

const argued = readFileSync(ARGUED, "utf8")
const unargued = survivors.filter(({ file, line }) => !argued.includes(`\`${file}\`: \`${line}\``))
for (const { file, line } of unargued) console.log(`nothing says why this may survive: ${file}: ${line}`)
console.log(JSON.stringify({ weakenings: chosen.length, survived: survivors.length, unargued: unargued.length }))
process.exitCode = unargued.length === 0 ? 0 : 1
