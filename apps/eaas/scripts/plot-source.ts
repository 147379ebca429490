// Draws docs/figures/qrng.svg: raw samples against their model, and extracted bytes beside a control.
//     npm run plot:qrng [-- --raw FILE --extracted FILE --title TEXT]     (files written by `starling-eaas qrng sample`)
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

import { HOMODYNE, sampleVariance, SimulatedHomodyne, simulatedQrng } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"

const BYTES = 1 << 20
const LAGS = 64
const PANEL = { width: 560, height: 220, left: 70, top: 50, gap: 70 }
const RAW = "#b8860b"
const EXTRACTED = "#1f6fb4"
const CONTROL = "#8a8a8a"

const { values } = parseArgs({
  options: { raw: { type: "string" }, extracted: { type: "string" }, title: { type: "string" } },
})
const patience = new AbortController().signal
const ofModel = values.raw === undefined
const raw = ofModel ? await new SimulatedHomodyne(osEntropy).read(BYTES, patience) : readFileSync(values.raw ?? "")
const extracted =
  values.extracted === undefined
    ? await simulatedQrng(osEntropy).extracted.read(BYTES, patience)
    : readFileSync(values.extracted)
const control = osEntropy(extracted.length)
const title = values.title ?? "Simulated homodyne detector (computed from a model, not measured)"

const figure = join(import.meta.dirname, "../../../docs/figures/qrng.svg")
mkdirSync(join(figure, ".."), { recursive: true })
writeFileSync(figure, document([rawPanel(), evenPanel(), correlationPanel()]))
console.log(`${figure}: ${raw.length} raw samples, ${extracted.length} extracted bytes and as many of the control`)

/** Counts of raw samples, and what the model expects of each value. */
function rawPanel(): string {
  const counts = countsOf(raw)
  const expected = ofModel ? modelCounts(raw.length) : []
  const top = Math.max(...counts, ...expected)
  const bars = counts.map((count, value) => bar(value / 256, count / top, 1 / 256, RAW)).join("")
  const curve = expected.map((count, value) => point((value + 0.5) / 256, count / top)).join(" ")
  const line = ofModel ? `<polyline points="${curve}" fill="none" stroke="black" stroke-width="1.2"/>` : ""
  return axes(`Raw samples${ofModel ? " (line: the model)" : ""}`, ["0", "255"], ["0", String(top)]) + bars + line
}

/** Counts of each byte value, with the three standard deviations within which nearly all lie if all are as likely. */
function evenPanel(): string {
  const mean = extracted.length / 256
  const deviation = Math.sqrt(mean * (1 - 1 / 256))
  const [low, high] = [mean - 5 * deviation, mean + 5 * deviation]
  const at = (count: number): number => (count - low) / (high - low)
  const dots = (bytes: Uint8Array, colour: string): string =>
    countsOf(bytes)
      .map((count, value) => dot((value + 0.5) / 256, at(count), colour))
      .join("")
  const labels = [Math.round(low), Math.round(high)].map(String)
  const name = "Byte values: extracted (blue), control (grey); band: 3 standard deviations"
  return (
    axes(name, ["0", "255"], labels) +
    band(at(mean - 3 * deviation), at(mean + 3 * deviation)) +
    dots(control, CONTROL) +
    dots(extracted, EXTRACTED)
  )
}

/** Correlation of each byte with the one `lag` further on. */
function correlationPanel(): string {
  const deviation = 1 / Math.sqrt(Math.min(raw.length, extracted.length))
  const at = (correlation: number): number => 0.5 + correlation / (10 * deviation)
  const dots = (bytes: Uint8Array, colour: string): string =>
    correlations(bytes)
      .map((correlation, i) => dot((i + 0.5) / LAGS, clamp(at(correlation)), colour))
      .join("")
  const edge = (5 * deviation).toExponential(1)
  const name = "Autocorrelation: raw (gold), extracted (blue), control (grey); band: 3 standard deviations"
  return (
    axes(name, ["lag 1", `lag ${LAGS}`], [`-${edge}`, edge]) +
    band(at(-3 * deviation), at(3 * deviation)) +
    dots(control, CONTROL) +
    dots(raw, RAW) +
    dots(extracted, EXTRACTED)
  )
}

function document(panels: readonly string[]): string {
  const { width, height, left, top, gap } = PANEL
  const place = (i: number): string => `translate(${left} ${top + 20 + i * (height + gap)})`
  const body = panels.map((panel, i) => `<g transform="${place(i)}">${panel}</g>`).join("\n")
  const size = `width="${left + width + 30}" height="${top + panels.length * (height + gap)}"`
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="white"/>
<text x="${left}" y="24" font-size="13" font-weight="bold">${escape(title)}</text>
${body}
</svg>
`
}

function axes(name: string, x: readonly [string, string], y: readonly string[]): string {
  const { width, height } = PANEL
  return `<text y="-8">${escape(name)}</text>
<rect width="${width}" height="${height}" fill="none" stroke="#444"/>
<text y="${height + 16}">${x[0]}</text><text x="${width}" y="${height + 16}" text-anchor="end">${x[1]}</text>
<text x="-6" y="${height}" text-anchor="end">${y[0]}</text><text x="-6" y="10" text-anchor="end">${y[1]}</text>
`
}

function bar(x: number, y: number, width: number, colour: string): string {
  const [w, h] = [PANEL.width * width, PANEL.height * y]
  return `<rect x="${round(PANEL.width * x)}" y="${round(PANEL.height - h)}" width="${round(w)}" height="${round(h)}" fill="${colour}"/>`
}

function band(low: number, high: number): string {
  const [y, height] = [PANEL.height * (1 - high), PANEL.height * (high - low)]
  return `<rect y="${round(y)}" width="${PANEL.width}" height="${round(height)}" fill="#eef3f8"/>`
}

function dot(x: number, y: number, colour: string): string {
  return `<circle cx="${round(PANEL.width * x)}" cy="${round(PANEL.height * (1 - y))}" r="1.8" fill="${colour}"/>`
}

function point(x: number, y: number): string {
  return `${round(PANEL.width * x)},${round(PANEL.height * (1 - y))}`
}

function countsOf(bytes: Uint8Array): number[] {
  const counts = Array.from({ length: 256 }, () => 0)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  return counts
}

/** The Gaussian of the simulated detector, in the middle of each step of its converter. */
function modelCounts(samples: number): number[] {
  const variance = sampleVariance(HOMODYNE)
  const height = samples / Math.sqrt(2 * Math.PI * variance)
  return Array.from({ length: 256 }, (_, value) => height * Math.exp(-((value - 127.5) ** 2) / (2 * variance)))
}

/** At lags 1 to `LAGS`. */
function correlations(bytes: Uint8Array): number[] {
  const mean = bytes.reduce((sum, byte) => sum + byte, 0) / bytes.length
  const centred = Float64Array.from(bytes, (byte) => byte - mean)
  const product = (lag: number): number => {
    let sum = 0
    for (let i = lag; i < centred.length; i++) sum += (centred[i] ?? 0) * (centred[i - lag] ?? 0)
    return sum
  }
  const square = product(0)
  return Array.from({ length: LAGS }, (_, i) => product(i + 1) / square)
}

function clamp(y: number): number {
  return Math.max(0, Math.min(1, y))
}

function round(value: number): number {
  return Math.round(100 * value) / 100
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
}
