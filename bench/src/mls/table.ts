import type { CiphersuiteId } from "@starling/mls"

import type { Row } from "./rows.ts"
import type { StateFigures } from "./state-figures.ts"
import type { Target } from "./targets.ts"
import type { WorkerFigures } from "./worker-figures.ts"

/** A table in Markdown, which a terminal shows well enough: columns are as wide as what is in them. */
export function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(3, title.length, ...lines.map((line) => (line[i] ?? "").length)))
  const row = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (cells[i] ?? "").padEnd(width) : (cells[i] ?? "").padStart(width))).join(" | ")} |`
  const rule = `|${widths.map((width, i) => (i === 0 ? `:${"-".repeat(width + 1)}` : `${"-".repeat(width + 1)}:`)).join("|")}|`
  return [row(head), rule, ...lines.map(row)].join("\n")
}

/** Microseconds, and in brackets how many times what it takes us. */
export function rowsTable(rows: readonly Row[]): string {
  return table(
    ["operation", "n", "suite", "ours", "primitives", "ratio", ...BASELINES.map(([title]) => title)],
    rows.map((row) => [
      row.op,
      String(row.n),
      suiteName(row.suite),
      figure(row.cpuUs),
      figure(row.primitiveUs),
      `${(row.cpuUs / row.primitiveUs).toFixed(2)}x`,
      ...BASELINES.map(([, name]) => {
        const us = row[name]
        return us === null ? "-" : `${figure(us)} (${(us / row.cpuUs).toFixed(1)}x)`
      }),
    ]),
  )
}

const BASELINES = [
  ["ts-mls", "tsMlsStockUs"],
  ["ts-mls, our primitives", "tsMlsProviderUs"],
  ["openmls-wasm", "openMlsWasmUs"],
  ["core-crypto", "coreCryptoUs"],
] as const satisfies readonly (readonly [string, keyof Row])[]

/** How often each operation of the largest group calls each primitive. */
export function callsTable(rows: readonly Row[]): string {
  const largest = Math.max(...rows.map((row) => row.n))
  const suite = rows[0]?.suite
  const shown = rows.filter((row) => row.n === largest && row.suite === suite)
  return table(
    [`operation, ${largest} members`, "calls of primitives"],
    shown.map(({ op, calls }) => [
      op,
      Object.entries(calls)
        .map(([primitive, count]) => `${count} ${primitive}`)
        .join(", "),
    ]),
  )
}

export function targetsTable(targets: readonly Target[]): string {
  return table(
    ["target", "aim", "measured", "met"],
    targets.map(({ what, aim, measured, isMet }) => [
      what,
      aim,
      measured,
      isMet === undefined ? "–" : isMet ? "yes" : "NO",
    ]),
  )
}

export function stateTable(figures: readonly StateFigures[]): string {
  return table(
    ["bytes", ...figures.map(({ n, suite }) => `n ${n}, suite ${suiteName(suite)}`)],
    [
      ["a state in memory, as decodeState gives it", ...figures.map(({ memory }) => String(memory))],
      ["a state stored, by encodeState", ...figures.map(({ stored }) => String(stored))],
      ["one more epoch retained, whole", ...figures.map(({ retainedEpoch }) => String(retainedEpoch))],
      ["one more epoch retained, scrubbed", ...figures.map(({ scrubbedEpoch }) => String(scrubbedEpoch))],
      ["written for the first message sent", ...figures.map(({ written }) => String(written.sentFirst))],
      ["written for each later one", ...figures.map(({ written }) => String(written.sentLater))],
      ["written for a sender's first message", ...figures.map(({ written }) => String(written.receivedFirst))],
      ["written for each later one received", ...figures.map(({ written }) => String(written.receivedLater))],
    ],
  )
}

export function workerTable({ operations }: WorkerFigures): string {
  return table(
    ["wall time in us", "n", "inline", "by a worker", "blocks inline", "blocks with a worker", "better"],
    operations.map(({ op, n, inlineUs, workerUs, blockedInlineUs, blockedByWorkerUs, verdict }) => [
      op,
      String(n),
      ...[inlineUs, workerUs, blockedInlineUs, blockedByWorkerUs].map(figure),
      verdict,
    ]),
  )
}

function suiteName(suite: CiphersuiteId): string {
  return suite === 77 ? "0x4D" : String(suite)
}

function figure(us: number): string {
  return us >= 100 ? us.toFixed(0) : us.toFixed(1)
}
