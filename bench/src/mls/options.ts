import { parseArgs } from "node:util"

import type { CiphersuiteId } from "@starling/mls"

import { QUICK, THOROUGH, type Effort } from "./measure.ts"
import { OPERATIONS, type OperationName } from "./operations.ts"

export const USAGE = `npm run bench:mls -- [options]
  --n 2,10,100,1000,10000   sizes of the warm groups
  --op ${OPERATIONS.slice(0, 4).join(",")},...   operations
  --suite 1,77              cipher suites, 1 to 7 and 77 (0x4D, the hybrid)
  --quick                   few repetitions, and groups of 2 and 10 unless --n says otherwise
  --no-baselines            leaves ts-mls, openmls-wasm and core-crypto out
  --worker                  also compares the engine inline with the engine in a worker
  --json                    one line of JSON for each operation, size and suite
  --out DIR                 writes results.json, README.md and plots there`

export interface Options {
  readonly sizes: readonly number[]
  readonly operations: readonly OperationName[]
  readonly suites: readonly CiphersuiteId[]
  readonly effort: Effort
  readonly baselines: boolean
  readonly worker: boolean
  readonly json: boolean
  readonly out: string | undefined
}

/** What is wrong with the arguments, in words for who gave them. */
export class WrongArguments extends Error {}

export function parseOptions(args: readonly string[]): Options {
  const values = parse(args)
  const sizes = values.n ?? (values.quick ? "2,10" : "2,10,100,1000,10000")
  return {
    sizes: listed(sizes, "--n", size).toSorted((a, b) => a - b),
    operations: values.op === undefined ? OPERATIONS : listed(values.op, "--op", operationName),
    suites: listed(values.suite, "--suite", suite),
    effort: values.quick ? QUICK : THOROUGH,
    baselines: values.baselines,
    worker: values.worker,
    json: values.json,
    out: values.out,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        n: { type: "string" },
        op: { type: "string" },
        suite: { type: "string", default: "1,77" },
        quick: { type: "boolean", default: false },
        baselines: { type: "boolean", default: true },
        worker: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        out: { type: "string" },
      },
    }).values
  } catch (error) {
    throw new WrongArguments(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function listed<T>(text: string, option: string, read: (item: string) => T | undefined): readonly T[] {
  const items = text.split(",").map((item) => {
    const value = read(item.trim())
    if (value === undefined) throw new WrongArguments(`${option} does not take "${item}"`)
    return value
  })
  return [...new Set(items)]
}

const MOST_MEMBERS = 50_000

function size(item: string): number | undefined {
  const value = Number(item)
  return /^\d+$/.test(item) && value >= 2 && value <= MOST_MEMBERS ? value : undefined
}

function operationName(item: string): OperationName | undefined {
  return OPERATIONS.find((name) => name === item)
}

const SUITES = [1, 2, 3, 4, 5, 6, 7, 77] as const

function suite(item: string): CiphersuiteId | undefined {
  return SUITES.find((id) => id === Number(item))
}
