// `npm run mutate:mls [-- --file NAME]`: takes out one guard of the engine after the other and runs its tests. Each that no test
// misses has to stand in docs/mutation-testing.md with an argument; the command fails where one does not.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

import { guards, type Guard } from "./guards.ts"

const ROOT = fileURLToPath(new URL("../../../", import.meta.url))
const ARGUED = new URL("../docs/mutation-testing.md", import.meta.url)

const { values } = parseArgs({ options: { file: { type: "string" } } })
const chosen = guards().filter(({ file }) => values.file === undefined || file === values.file)
if (chosen.length === 0) {
  console.error(`no guards in ${values.file}: name a file in src, such as receive-commit.ts`)
  process.exit(2)
}

if (!passes("")) {
  console.error("the tests fail with every guard in its place: mend that first")
  process.exit(2)
}

const survivors: Guard[] = []
for (const [i, guard] of chosen.entries()) {
  const survived = passes(`${guard.file}:${guard.number}`)
  if (survived) survivors.push(guard)
  console.log(`${i + 1}/${chosen.length} ${survived ? "SURVIVED" : "killed"} ${guard.file}: ${guard.line}`)
}

const argued = readFileSync(ARGUED, "utf8")
const unargued = survivors.filter(({ file, line }) => !argued.includes(`\`${file}\`: \`${line}\``))
for (const { file, line } of unargued) console.log(`nothing says why this may survive: ${file}: ${line}`)
console.log(JSON.stringify({ guards: chosen.length, survived: survivors.length, unargued: unargued.length }))
process.exitCode = unargued.length === 0 ? 0 : 1

/** Whether all tests pass without this guard, or with all of them where none is named. */
function passes(guard: string): boolean {
  const config = fileURLToPath(new URL("mutation.vitest.ts", import.meta.url))
  const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url))
  const env = { ...process.env, MLS_GUARD: guard }
  return spawnSync(process.execPath, [vitest, "run", "--root", ROOT, "--config", config], { env }).status === 0
}
