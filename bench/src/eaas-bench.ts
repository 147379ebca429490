// `npm run bench:eaas [-- --only NAME … --users N --requests N --minutes N --json]`: what the EaaS platform costs and how much it
// takes, one figure a line. Figures per core are of CPU time, so that what else the machine does changes them little.
import { parseArgs } from "node:util"

import type { Bench, Figure } from "./eaas/figure.ts"
import { FIGURES } from "./eaas/figures.ts"
import { LoadedPlatform } from "./eaas/loaded-platform.ts"

const { values } = parseArgs({
  options: {
    only: { type: "string", multiple: true },
    users: { type: "string", default: "10000" },
    requests: { type: "string", default: "64" },
    minutes: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
})
const unknown = values.only?.find((name) => !FIGURES.some((module) => module.name === name))
if (unknown !== undefined) {
  console.error(`no figures ${unknown}; there are ${FIGURES.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

await using stack = new AsyncDisposableStack()
let platform: Promise<LoadedPlatform> | undefined
const bench: Bench = {
  minutes: Number(values.minutes),
  users: Number(values.users),
  requests: Number(values.requests),
  platform: async () => await (platform ??= LoadedPlatform.start(bench.users).then((started) => stack.use(started))),
}
for (const module of FIGURES.filter(({ name }) => values.only?.includes(name) ?? true))
  for await (const figure of module.measure(bench)) print(figure)

function print({ figure, value, unit }: Figure): void {
  const rounded = Number(value.toPrecision(4))
  console.log(values.json ? JSON.stringify({ figure, value: rounded, unit }) : `${figure}: ${rounded} ${unit}`)
}
