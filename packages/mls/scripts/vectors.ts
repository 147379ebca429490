/**
 * Runs a folder of test vectors in the official format (github.com/mlswg/mls-implementations): `vectors.ts DIR`.
 * Prints what became of each file, or nothing of that with `--json`, and last one line of JSON that sums it up. Exit
 * status 1 where anything failed, or nothing could be run.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

import type { CiphersuiteId, CryptoProvider } from "@starling/mls"
import { nobleCrypto } from "@starling/mls/noble"
import { nodeCrypto } from "@starling/mls/node"

import { runFile } from "../test/vectors/run-file.ts"
import { SUITES } from "../test/world.ts"

const USAGE = "usage: npm run vectors:mls -- DIR [--json] [--provider node|noble]"

const PROVIDERS: ReadonlyMap<string, (id: CiphersuiteId) => CryptoProvider> = new Map([
  ["node", (id: CiphersuiteId) => nodeCrypto(id)],
  ["noble", nobleCrypto],
])

process.exitCode = main()

function main(): number {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { json: { type: "boolean", default: false }, provider: { type: "string", default: "node" } },
    })
    const make = PROVIDERS.get(values.provider)
    const [folder, ...more] = positionals
    if (folder === undefined || more.length > 0 || make === undefined) throw new RangeError(USAGE)
    return run(folder, make, values.json)
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    return 1
  }
}

function run(folder: string, make: (id: CiphersuiteId) => CryptoProvider, json: boolean): number {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .toSorted()
  if (names.length === 0) throw new RangeError(`${folder} holds no .json files`)
  const provider = (suite: number | undefined) => {
    const id = SUITES.find((each) => each === (suite ?? 1))
    return id && make(id)
  }
  const total = { files: names.length, cases: 0, passed: 0, failed: 0, skipped: 0 }
  for (const name of names) {
    const { passed, failed, skipped, faults } = runFile(name, readFileSync(join(folder, name), "utf8"), provider)
    total.cases += passed + failed + skipped
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
    if (!json) console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
    for (const fault of faults) console.error(`${name}: ${fault}`)
  }
  console.log(JSON.stringify(total))
  return total.failed > 0 ? 1 : 0
}
