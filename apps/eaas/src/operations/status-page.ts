import type { Series } from "./history.ts"

const WIDTH = 320
const HEIGHT = 64

export const STATUS_STYLE = `body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24; background: #fff }
h1 { font-size: 1.4rem }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1.5rem }
section { border: 1px solid #767c85; border-radius: 6px; padding: 1rem }
h2 { font-size: 1rem; margin: 0 }
p { margin: 0.25rem 0 }
.value { font-size: 1.4rem; font-variant-numeric: tabular-nums }
.failed { color: #a3180d; font-weight: bold }
svg { width: 100%; height: 4rem }
polyline { fill: none; stroke: #1b5fb4; stroke-width: 2; vector-effect: non-scaling-stroke }
@media (prefers-color-scheme: dark) { body { color: #e6e9ed; background: #15181c } polyline { stroke: #7fb4f5 } .failed { color: #ff9d8f } }
`

/** The whole page, which draws itself anew every ten seconds and needs no script. */
export function statusPage(role: string, checks: Readonly<Record<string, boolean>>, series: readonly Series[]): string {
  const failed = Object.entries(checks).filter(([, ok]) => !ok)
  const state =
    failed.length === 0
      ? "<p>Ready.</p>"
      : `<p class="failed">Not ready: ${escaped(failed.map(([name]) => name).join(", "))}.</p>`
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="10">
<title>${escaped(role)}: status</title><link rel="stylesheet" href="status.css"></head>
<body><h1>${escaped(role)}</h1>${state}
<main>
${series.map(card).join("\n")}
</main></body></html>
`
}

function card({ figure, of, points }: Series): string {
  const last = points.at(-1)
  const title = of === "" ? figure.help : `${figure.help}: ${of}`
  const known = points.filter((point) => point !== undefined)
  const range = `from ${shown(Math.min(...known))} to ${shown(Math.max(...known))} within the last hour`
  return `<section><h2>${escaped(title)}</h2>
<p class="value">${last === undefined ? "–" : shown(last)}</p>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${escaped(range)}"><polyline points="${polyline(points)}"/></svg>
</section>`
}

/** The course of the values; where there was none, the line goes on to the next. */
function polyline(points: readonly (number | undefined)[]): string {
  const known = points.flatMap((value, i) => (value === undefined ? [] : [{ i, value }]))
  const values = known.map(({ value }) => value)
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const span = high - low
  return known
    .map(({ i, value }) => {
      const x = points.length === 1 ? WIDTH : (i / (points.length - 1)) * WIDTH
      const y = span === 0 ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / span) * (HEIGHT - 4)
      return `${x.toFixed(1)},${y.toFixed(1)}`
    })
    .join(" ")
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4)
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")
}
