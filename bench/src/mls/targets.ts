import type { CiphersuiteId } from "@starling/mls"

import type { OperationName } from "./operations.ts"
import type { Row } from "./rows.ts"
import type { StateFigures } from "./state-figures.ts"

/** A figure that was aimed at, and what came of it. */
export interface Target {
  readonly what: string
  readonly aim: string
  readonly measured: string
  /** `undefined` where what it is measured against was not. */
  readonly isMet: boolean | undefined
}

type Baseline = "tsMlsStockUs" | "openMlsWasmUs" | "coreCryptoUs"

const NAMES: Readonly<Record<Baseline, string>> = {
  tsMlsStockUs: "ts-mls",
  openMlsWasmUs: "OpenMLS in WASM (openmls-wasm)",
  coreCryptoUs: "OpenMLS in WASM (core-crypto)",
}

/** Those of the operations that were measured. */
export function targets(rows: readonly Row[], state: StateFigures | undefined): readonly Target[] {
  const largestOf = (op: OperationName) => rows.findLast((row) => row.op === op && row.suite === 1 && row.n <= 1000)
  const judged: (Target | undefined)[] = []
  const overPrimitives = (row: Row | undefined, most: number): void => {
    judged.push(
      row && atMost(`${row.op}, ${row.n} members: times its primitives`, row.cpuUs / row.primitiveUs, most, "x"),
    )
  }
  const faster = (row: Row | undefined, than: Baseline, least: number): void => {
    if (row === undefined) return
    const theirs = row[than] ?? undefined
    const what = `${row.op}, ${row.n} members: faster than ${NAMES[than]}`
    judged.push(
      theirs === undefined
        ? { what, aim: `>= ${least}x`, measured: "not measured", isMet: undefined }
        : atLeast(what, theirs / row.cpuUs, least),
    )
  }
  for (const [op, most] of [
    ["send32", 1.5],
    ["recv32", 1.3],
  ] as const) {
    overPrimitives(largestOf(op), most)
    faster(largestOf(op), "tsMlsStockUs", 10)
    faster(largestOf(op), "openMlsWasmUs", 5)
    faster(largestOf(op), "coreCryptoUs", 5)
  }
  const at = (op: OperationName, n: number, suite: CiphersuiteId = 1) =>
    rows.find((row) => row.op === op && row.n === n && row.suite === suite)
  for (const [op, most] of [
    ["update.create", 2.5],
    ["update.process", 3],
    ["add.create", 3],
    ["add.process", 3],
    ["join", 1.5],
  ] as const) {
    overPrimitives(at(op, 1000), most)
  }
  faster(at("update.create", 1000), "tsMlsStockUs", 100)
  faster(at("update.process", 1000), "tsMlsStockUs", 100)
  faster(at("join", 1000), "tsMlsStockUs", 20)
  faster(at("join", 1000), "openMlsWasmUs", 2)
  faster(at("join", 1000), "coreCryptoUs", 2)
  for (const op of ["update.create", "update.process"] as const) {
    const [small, large] = [at(op, 1000), at(op, 10_000)]
    if (small && large) judged.push(atMost(`${op}: 10000 members over 1000`, large.cpuUs / small.cpuUs, 2, "x"))
  }
  const heal = at("update.create", 100, 77)
  judged.push(heal && atMost("update.create, 100 members, hybrid suite", heal.cpuUs / 1000, 20, " ms"))
  if (state?.n === 1000 && state.suite === 1) {
    const { sentFirst, sentLater, receivedFirst, receivedLater } = state.written
    judged.push(
      atMost("memory of a state, 1000 members", state.memory / 1000, 1000, " kB"),
      atMost("memory of one more retained epoch, 1000 members", state.retainedEpoch / 1000, 8, " kB"),
      atMost(
        "written for a message, 1000 members",
        Math.max(sentFirst, sentLater, receivedFirst, receivedLater) / 1000,
        1,
        " kB",
      ),
    )
  }
  return judged.filter((target) => target !== undefined)
}

function atMost(what: string, value: number, most: number, unit: string): Target {
  return { what, aim: `<= ${most}${unit}`, measured: `${value.toFixed(2)}${unit}`, isMet: value <= most }
}

function atLeast(what: string, value: number, least: number): Target {
  return { what, aim: `>= ${least}x`, measured: `${value.toFixed(1)}x`, isMet: value >= least }
}
