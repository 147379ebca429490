// `npm run fuzz:mls -- [--operations 20000] [--members 32] [--seed S] [--state FILE] [--mutant NAME] [--json]`: random operations on
// one group, each checked by all. With `--state` a run saves where it is and goes on from there. Ends with 1 after a disagreement,
// which a mutant must lead to.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"
import { parseArgs } from "node:util"

import { decodeCheckpoint, encodeCheckpoint } from "../test/fuzz/checkpoint.ts"
import { fuzz, type FuzzOptions } from "../test/fuzz/run.ts"
import { mutantNames } from "./mutants.ts"

const { values } = parseArgs({
  options: {
    operations: { type: "string", default: "20000" },
    members: { type: "string", default: "32" },
    seed: { type: "string", default: "1" },
    state: { type: "string" },
    mutant: { type: "string" },
    json: { type: "boolean", default: false },
  },
})

process.exitCode = values.mutant === undefined ? run() : runMutant(values.mutant)

function run(): number {
  const started = performance.now()
  const options: FuzzOptions = { seed: values.seed, operations: count("operations", 1), members: count("members", 2) }
  const { state } = values
  const group =
    state !== undefined && existsSync(state) ? decodeCheckpoint(readFileSync(state), values.seed) : undefined
  const result = fuzz(options, group, (settled) => {
    if (state !== undefined) save(state, encodeCheckpoint(values.seed, settled))
    if (!values.json) console.error(`${settled.operation} operations, ${settled.people.length} members`)
  })
  const seconds = Math.round((performance.now() - started) / 100) / 10
  const { operations, epochs, joins, removals, messages, encryptions, attempts, disagreements, fault, seed } = result
  if (values.json) {
    console.log(JSON.stringify({ ...result, fault: fault ?? null, seconds }))
  } else {
    if (fault !== undefined) console.log(`operation ${operations}: ${fault}`)
    console.log(
      `${operations} operations, ${epochs} epochs, ${messages} messages, ${joins} joins, ${removals} removals, ` +
        `${encryptions} encryptions, ${attempts} attempts by removed members, ${disagreements} disagreements, ` +
        `${seconds} s, seed ${seed}`,
    )
  }
  return disagreements === 0 ? 0 : 1
}

/** The same command in a process in which the mutant is switched on. */
function runMutant(name: string): number {
  if (!mutantNames.includes(name)) {
    console.error(`no mutant ${name}; there are ${mutantNames.join(", ")}`)
    return 2
  }
  const rest = ["operations", "members", "seed", "state"] as const
  const options = rest.flatMap((key) => (values[key] === undefined ? [] : [`--${key}`, values[key]]))
  const hook = `${new URL("switch-on-mutant.ts", import.meta.url)}?${name}`
  const json = values.json ? ["--json"] : []
  const argv = ["--import", hook, import.meta.filename, ...options, ...json]
  return spawnSync(process.execPath, argv, { stdio: "inherit" }).status ?? 2
}

function save(file: string, bytes: Uint8Array): void {
  writeFileSync(`${file}.new`, bytes)
  renameSync(`${file}.new`, file)
}

function count(option: "operations" | "members", least: number): number {
  const value = Number(values[option])
  if (!Number.isInteger(value) || value < least) throw new RangeError(`--${option} is a number from ${least}`)
  return value
}
