// `npm run bench:eaas [-- --only NAME … --json]`: what the EaaS platform costs and how much it takes, one figure a line.
import { parseArgs } from "node:util"

import type { Figure } from "./eaas/figure.ts"
import { FIGURES } from "./eaas/figures.ts"

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, json: { type: "boolean", default: false } },
})
const unknown = values.only?.find((name) => !FIGURES.some((module) => module.name === name))
if (unknown !== undefined) {
  console.error(`no figures ${unknown}; there are ${FIGURES.map(({ name }) => name).join(", ")}`)
  process.exit(2)
}

for (const module of FIGURES.filter(({ name }) => values.only?.includes(name) ?? true))
  for await (const figure of module.measure()) print(figure)

function print({ figure, value, unit }: Figure): void {
  const rounded = Number(value.toPrecision(4))
  console.log(values.json ? JSON.stringify({ figure, value: rounded, unit }) : `${figure}: ${rounded} ${unit}`)
}
