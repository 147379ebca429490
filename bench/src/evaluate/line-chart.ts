/** Costs against a size, both logarithmic. */
export interface Line {
  readonly label: string
  readonly colour: string
  readonly points: readonly (readonly [size: number, cost: number])[]
}

export interface Chart {
  readonly title: string
  /** What the sizes count, and the unit of the costs. */
  readonly sizes: string
  readonly unit: string
  readonly lines: readonly Line[]
}

const SIZE = { width: 460, height: 300 } as const
const MARGIN = { left: 80, right: 210, top: 50, bottom: 50 } as const

export function lineChart({ title, sizes, unit, lines }: Chart): string {
  const shown = lines.map((line) => ({ ...line, points: line.points.filter(([, cost]) => cost > 0) }))
  const points = shown.flatMap((line) => line.points)
  const x = decades(points.map(([size]) => size))
  const y = decades(points.map(([, cost]) => cost))
  const across = (size: number): number => near(SIZE.width * share(size, x))
  const up = (cost: number): number => near(SIZE.height * (1 - share(cost, y)))
  const [width, height] = [MARGIN.left + SIZE.width + MARGIN.right, MARGIN.top + SIZE.height + MARGIN.bottom]
  const grid = [
    ...x.map(
      (size) =>
        `<line x1="${across(size)}" y1="0" x2="${across(size)}" y2="${SIZE.height}" stroke="#e4e4e4"/><text x="${across(size)}" y="${SIZE.height + 18}" text-anchor="middle">${size}</text>`,
    ),
    ...y.map(
      (cost) =>
        `<line x1="0" y1="${up(cost)}" x2="${SIZE.width}" y2="${up(cost)}" stroke="#e4e4e4"/><text x="-8" y="${up(cost) + 4}" text-anchor="end">${Number(cost.toPrecision(1))} ${unit}</text>`,
    ),
  ]
  const curves = shown.map(({ label, colour, points }, i) => {
    const path = points.map(([size, cost]) => `${across(size)},${up(cost)}`).join(" ")
    const dots = points.map(([size, cost]) => `<circle cx="${across(size)}" cy="${up(cost)}" r="3" fill="${colour}"/>`)
    const legend = `<rect x="${SIZE.width + 14}" y="${20 * i}" width="10" height="10" fill="${colour}"/><text x="${SIZE.width + 30}" y="${20 * i + 10}">${label}</text>`
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}${legend}`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${title}</title><rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${MARGIN.left}" y="28" font-size="16">${title}</text>`,
    `<g transform="translate(${MARGIN.left} ${MARGIN.top})">`,
    ...grid,
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="none" stroke="#404040"/>`,
    `<text x="${SIZE.width / 2}" y="${SIZE.height + 38}" text-anchor="middle">${sizes}</text>`,
    ...curves,
    "</g></svg>\n",
  ].join("\n")
}

/** The powers of ten from below the values to above them. */
function decades(values: readonly number[]): readonly number[] {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))
  return Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
}

function share(value: number, marks: readonly number[]): number {
  const [low = 1, high = 10] = [marks[0], marks.at(-1)]
  return Math.log10(value / low) / Math.log10(high / low)
}

function near(coordinate: number): number {
  return Math.round(coordinate * 10) / 10
}
