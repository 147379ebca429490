// `npm run bench:eaas [-- --only NAME … --short --users N --requests N --minutes N --repeats N --json]`: what the EaaS platform
// costs and how much it takes, one figure a line. `--short` sees that everything can be measured, and measures nothing well. Figures per core are of CPU time, so that what else the machine does changes them little.
import { parseArgs } from "node:util"

import type { Bench, Figure } from "./eaas/figure.ts"
import { FIGURES } from "./eaas/figures.ts"
import { LoadedPlatform } from "./eaas/loaded-platform.ts"

const FULL = { minutes: 10, users: 10_000, requests: 256, repeats: 5 }
const SHORT = { minutes: 0.05, users: 64, requests: 4, repeats: 1 }

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    short: { type: "boolean", default: false },
    users: { type: "string" },
    requests: { type: "string" },
    minutes: { type: "string" },
    repeats: { type: "string" },
    json: { type: "boolean", default: false },
  },
})
const unknown = values.only?.find((name) => !FIGURES.some((module) => module.name === name))
if (unknown !== undefined) {
  console.error(`no figures ${unknown}; there are ${FIGURES.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

const extent = values.short ? SHORT : FULL
await using stack = new AsyncDisposableStack()
let platform: Promise<LoadedPlatform> | undefined
const bench: Bench = {
  minutes: Number(values.minutes ?? extent.minutes),
  users: Number(values.users ?? extent.users),
  requests: Number(values.requests ?? extent.requests),
  repeats: Number(values.repeats ?? extent.repeats),
  platform: async () => await (platform ??= LoadedPlatform.start(bench.users).then((started) => stack.use(started))),
}
for (const module of FIGURES.filter(({ name }) => values.only?.includes(name) ?? true))
  for await (const figure of module.measure(bench)) print(figure)

function print({ figure, value, unit }: Figure): void {
  const rounded = Number(value.toPrecision(4))
  console.log(values.json ? JSON.stringify({ figure, value: rounded, unit }) : `${figure}: ${rounded} ${unit}`)
}
