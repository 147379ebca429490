/** Samples of one kind in a picture. */
export interface Series {
  readonly label: string
  readonly colour: string
  readonly samples: readonly number[]
}

/** A picture's part: distributions over one axis, in milliseconds. */
export interface Panel {
  readonly title: string
  readonly series: readonly Series[]
  /** What somebody else says of it, as a line. */
  readonly claim?: { readonly at: number; readonly label: string }
}

const SIZE = { width: 400, height: 200 } as const
/** Above, the title and a line for each series. */
const MARGIN = { left: 50, right: 34, top: 74, bottom: 44 } as const
const COLUMNS = 2
const BINS = 40

/** Distributions as shares of their samples over a logarithmic axis, two panels in a row. */
export function picture(title: string, panels: readonly Panel[]): string {
  const step = { x: MARGIN.left + SIZE.width + MARGIN.right, y: MARGIN.top + SIZE.height + MARGIN.bottom }
  const width = step.x * Math.min(COLUMNS, panels.length)
  const height = 40 + step.y * Math.ceil(panels.length / COLUMNS)
  const parts = panels.map((panel, i) => {
    const x = (i % COLUMNS) * step.x + MARGIN.left
    const y = 40 + Math.floor(i / COLUMNS) * step.y + MARGIN.top
    return `<g transform="translate(${x} ${y})">${drawn(panel)}</g>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${MARGIN.left}" y="26" font-size="16">${escape(title)}</text>`,
    ...parts,
    "</svg>\n",
  ].join("\n")
}

function drawn({ title, series, claim }: Panel): string {
  const shown = series.filter(({ samples }) => samples.length > 0)
  const frame = `<text y="-58" font-weight="bold">${escape(title)}</text><rect width="${SIZE.width}" height="${SIZE.height}" fill="none" stroke="#404040"/>`
  if (shown.length === 0) return `${frame}<text x="12" y="24">no samples</text>`
  const values = shown.flatMap(({ samples }) => samples.filter((value) => value > 0))
  const axis = logAxis([...values, ...(claim === undefined ? [] : [claim.at])])
  const shares = shown.map(({ samples }) => sharesOf(samples, axis))
  const top = Math.max(...shares.flat())
  const curves = shown.map((each, i) => curve(each, shares[i] ?? [], top, axis))
  const legend = shown.map(({ label, colour, samples }, i) => legendLine(label, colour, samples, i))
  return [ticks(axis), ...curves, ...(claim === undefined ? [] : [claimLine(claim, axis)]), frame, ...legend].join("\n")
}

interface LogAxis {
  readonly low: number
  readonly high: number
}

/** Whole powers of ten around the values. */
function logAxis(values: readonly number[]): LogAxis {
  const low = Math.floor(Math.log10(values.reduce((least, value) => Math.min(least, value), Infinity)))
  const high = Math.ceil(Math.log10(values.reduce((most, value) => Math.max(most, value), 0)) + 1e-9)
  return { low, high: Math.max(high, low + 1) }
}

function place(value: number, { low, high }: LogAxis): number {
  return (SIZE.width * (Math.log10(value) - low)) / (high - low)
}

function sharesOf(samples: readonly number[], axis: LogAxis): readonly number[] {
  const counts = Array.from({ length: BINS }, () => 0)
  for (const sample of samples) {
    const bin = Math.floor((BINS * place(Math.max(sample, 10 ** axis.low), axis)) / SIZE.width)
    const within = Math.min(BINS - 1, Math.max(0, bin))
    counts[within] = (counts[within] ?? 0) + 1
  }
  return counts.map((count) => count / samples.length)
}

function curve({ colour, samples }: Series, shares: readonly number[], top: number, axis: LogAxis): string {
  const step = SIZE.width / BINS
  const points = shares.flatMap((share, i) => {
    const y = near(SIZE.height - (SIZE.height * 0.92 * share) / top)
    return [`${near(i * step)},${y}`, `${near((i + 1) * step)},${y}`]
  })
  const outline = [`0,${SIZE.height}`, ...points, `${SIZE.width},${SIZE.height}`].join(" ")
  const at = near(place(medianOf(samples), axis))
  return `<polygon points="${outline}" fill="${colour}" fill-opacity="0.25" stroke="${colour}" stroke-width="1.2"/>
<line x1="${at}" y1="0" x2="${at}" y2="${SIZE.height}" stroke="${colour}" stroke-dasharray="2 3"/>`
}

function ticks(axis: LogAxis): string {
  const decades = Array.from({ length: axis.high - axis.low + 1 }, (_, i) => axis.low + i)
  return decades
    .map((decade) => {
      const x = near(place(10 ** decade, axis))
      return `<line x1="${x}" y1="0" x2="${x}" y2="${SIZE.height}" stroke="#e4e4e4"/><text x="${x}" y="${SIZE.height + 16}" text-anchor="middle">${Number((10 ** decade).toPrecision(1))} ms</text>`
    })
    .join("\n")
}

function claimLine({ at, label }: NonNullable<Panel["claim"]>, axis: LogAxis): string {
  const x = near(place(at, axis))
  return `<line x1="${x}" y1="0" x2="${x}" y2="${SIZE.height}" stroke="black" stroke-width="1.5"/><text x="${x}" y="${SIZE.height + 34}" text-anchor="middle">${escape(label)}</text>`
}

function legendLine(label: string, colour: string, samples: readonly number[], i: number): string {
  const y = 16 * i - 38
  const text = `${label}: n ${samples.length}, median ${medianOf(samples).toPrecision(3)} ms`
  return `<rect y="${y - 9}" width="10" height="10" fill="${colour}" fill-opacity="0.5"/><text x="16" y="${y}">${escape(text)}</text>`
}

function medianOf(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN
}

function near(coordinate: number): number {
  return Math.round(coordinate * 10) / 10
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
}
