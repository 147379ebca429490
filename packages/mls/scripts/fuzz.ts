// Random operations on one group, each checked by all. With `--state` a run saves where it is and goes on from there. Ends with 1 after a disagreement,
// which a mutant must lead to.
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs"

import { flag, oneOf, readOptions, text, wholeNumber } from "@starling/kernel/node"

import { decodeCheckpoint, encodeCheckpoint } from "../test/fuzz/checkpoint.ts"
import { fuzz, type FuzzOptions } from "../test/fuzz/run.ts"
import { mutantNames } from "./mutants.ts"

const USAGE = `npm run fuzz:mls -- [options]
  --operations N   20000 unless said otherwise
  --members N      at most; 32 unless said otherwise
  --seed S         any text; 1 unless said otherwise
  --state FILE     saves where it is, and goes on from there
  --mutant NAME    with a fault in the engine: ${mutantNames.join(", ")}
  --json           the result as one line of JSON`
const values = readOptions(USAGE, {
  operations: wholeNumber(20_000, { least: 1 }),
  members: wholeNumber(32, { least: 2 }),
  seed: text("1"),
  state: text(undefined),
  mutant: oneOf(mutantNames, undefined),
  json: flag,
})

process.exitCode = values.mutant === undefined ? run() : runMutant(values.mutant)

function run(): number {
  const started = performance.now()
  const options: FuzzOptions = { seed: values.seed, operations: values.operations, members: values.members }
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
  const rest = ["operations", "members", "seed", "state"] as const
  const options = rest.flatMap((key) => (values[key] === undefined ? [] : [`--${key}`, String(values[key])]))
  const hook = `${new URL("switch-on-mutant.ts", import.meta.url)}?${name}`
  const json = values.json ? ["--json"] : []
  const argv = ["--import", hook, import.meta.filename, ...options, ...json]
  return spawnSync(process.execPath, argv, { stdio: "inherit" }).status ?? 2
}

function save(file: string, bytes: Uint8Array): void {
  writeFileSync(`${file}.new`, bytes)
  renameSync(`${file}.new`, file)
}
