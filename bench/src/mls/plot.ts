import type { OperationName } from "./operations.ts"
import type { Row } from "./rows.ts"

/** One picture: the operations that belong together, side by side. */
export interface PlotGroup {
  readonly file: string
  readonly title: string
  readonly operations: readonly OperationName[]
}

export const PLOTS: readonly PlotGroup[] = [
  { file: "messages.svg", title: "Messages of 32 bytes", operations: ["send32", "recv32"] },
  { file: "update.svg", title: "Updates", operations: ["update.create", "update.process"] },
  { file: "add.svg", title: "Adding one member", operations: ["add.create", "add.process"] },
  { file: "remove.svg", title: "Removing one member", operations: ["remove.create", "remove.process"] },
  { file: "join.svg", title: "Joining, and making a key package", operations: ["join", "keyPackage"] },
]

interface Series {
  readonly label: string
  readonly colour: string
  readonly dashes: string
  readonly of: (row: Row) => number | null
  readonly suite: Row["suite"]
}

/** Colours that differ for the colour-blind too (Okabe and Ito). */
const SERIES: readonly Series[] = [
  { label: "ours, suite 1", colour: "#0072b2", dashes: "", suite: 1, of: (row) => row.cpuUs },
  { label: "its primitives alone", colour: "#0072b2", dashes: "2 4", suite: 1, of: (row) => row.primitiveUs },
  { label: "ours, suite 0x4D", colour: "#cc79a7", dashes: "", suite: 77, of: (row) => row.cpuUs },
  { label: "its primitives alone", colour: "#cc79a7", dashes: "2 4", suite: 77, of: (row) => row.primitiveUs },
  { label: "ts-mls", colour: "#d55e00", dashes: "", suite: 1, of: (row) => row.tsMlsStockUs },
  { label: "ts-mls, our primitives", colour: "#e69f00", dashes: "", suite: 1, of: (row) => row.tsMlsProviderUs },
  { label: "openmls-wasm, suite 3", colour: "#009e73", dashes: "", suite: 1, of: (row) => row.openMlsWasmUs },
  { label: "core-crypto", colour: "#666666", dashes: "", suite: 1, of: (row) => row.coreCryptoUs },
]

const PANEL = { width: 380, height: 320 } as const
const MARGIN = { left: 70, right: 20, top: 64, bottom: 50 } as const
const LEGEND = 190

/** CPU time against the size of the group, both logarithmic; the panels share one scale. `undefined` without a figure. */
export function plot(rows: readonly Row[], { title, operations }: PlotGroup): string | undefined {
  const shown = rows.filter((row) => operations.includes(row.op))
  const values = shown.flatMap((row) => SERIES.flatMap((each) => (each.suite === row.suite ? [each.of(row)] : [])))
  const costs = values.filter((value) => value !== null)
  if (costs.length === 0) return undefined
  const x = axis(
    shown.map((row) => row.n),
    0,
    PANEL.width,
  )
  const y = axis(costs, PANEL.height, 0)
  const step = MARGIN.left + PANEL.width + MARGIN.right
  const width = step * operations.length + LEGEND
  const height = MARGIN.top + PANEL.height + MARGIN.bottom
  const panels = operations.map((op, i) => {
    const own = shown.filter((row) => row.op === op)
    return `<g transform="translate(${i * step + MARGIN.left} ${MARGIN.top})">${panel(op, own, x, y)}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${title}: CPU time against group size</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${MARGIN.left}" y="26" font-size="16">${title}: CPU time against group size</text>`,
    ...panels,
    `<g transform="translate(${step * operations.length} ${MARGIN.top})">${legend(shown)}</g>`,
    "</svg>\n",
  ].join("\n")
}

interface Axis {
  /** The powers of ten at which it is marked. */
  readonly decades: readonly number[]
  readonly place: (value: number) => number
}

/** From the power of ten below the values to the one above, between two coordinates. */
function axis(values: readonly number[], from: number, to: number): Axis {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  return { decades, place: (value) => from + ((Math.log10(value) - low) / (high - low)) * (to - from) }
}

function panel(op: OperationName, rows: readonly Row[], x: Axis, y: Axis): string {
  const parts: string[] = [`<text x="0" y="-12" font-weight="bold">${op}</text>`]
  for (const n of x.decades) {
    const at = near(x.place(n))
    parts.push(`<line x1="${at}" y1="0" x2="${at}" y2="${PANEL.height}" stroke="#e0e0e0"/>`)
    parts.push(`<text x="${at}" y="${PANEL.height + 18}" text-anchor="middle">${n}</text>`)
  }
  for (const us of y.decades) {
    const at = near(y.place(us))
    parts.push(`<line x1="0" y1="${at}" x2="${PANEL.width}" y2="${at}" stroke="#e0e0e0"/>`)
    parts.push(`<text x="-8" y="${at + 4}" text-anchor="end">${duration(us)}</text>`)
  }
  parts.push(`<rect width="${PANEL.width}" height="${PANEL.height}" fill="none" stroke="#404040"/>`)
  parts.push(`<text x="${PANEL.width / 2}" y="${PANEL.height + 38}" text-anchor="middle">members</text>`)
  for (const series of SERIES) {
    const points = pointsOf(series, rows).map(([n, us]) => [near(x.place(n)), near(y.place(us))] as const)
    const line = points.map((point) => point.join(",")).join(" ")
    const dashes = series.dashes === "" ? "" : ` stroke-dasharray="${series.dashes}"`
    parts.push(`<polyline points="${line}" fill="none" stroke="${series.colour}" stroke-width="2"${dashes}/>`)
    if (series.dashes !== "") continue
    for (const [cx, cy] of points) parts.push(`<circle cx="${cx}" cy="${cy}" r="3" fill="${series.colour}"/>`)
  }
  return parts.join("\n")
}

function legend(rows: readonly Row[]): string {
  return SERIES.filter((series) => pointsOf(series, rows).length > 0)
    .map(({ label, colour, dashes }, i) => {
      const y = 10 + 20 * i
      const line = `<line x1="0" y1="${y}" x2="26" y2="${y}" stroke="${colour}" stroke-width="2" stroke-dasharray="${dashes}"/>`
      return `${line}\n<text x="34" y="${y + 4}">${label}</text>`
    })
    .join("\n")
}

function pointsOf(series: Series, rows: readonly Row[]): readonly (readonly [n: number, us: number])[] {
  return rows.flatMap((row) => {
    const us = series.suite === row.suite ? series.of(row) : null
    return us === null ? [] : [[row.n, us] as const]
  })
}

function duration(us: number): string {
  if (us >= 1e6) return `${us / 1e6} s`
  return us >= 1000 ? `${us / 1000} ms` : `${us} µs`
}

function near(coordinate: number): number {
  return Math.round(coordinate * 10) / 10
}
