// What the EaaS platform costs and how much it takes, one figure a line. Figures per core are of CPU time, so that what else
// the machine does changes them little.
import { amount, flag, readOptions, severalOf, wholeNumber } from "@starling/kernel/node"

import type { Bench, Figure } from "./eaas/figure.ts"
import { FIGURES } from "./eaas/figures.ts"
import { LoadedPlatform } from "./eaas/loaded-platform.ts"

const FULL = { minutes: 10, users: 10_000, requests: 256, repeats: 5 }
const SHORT = { minutes: 0.05, users: 64, requests: 4, repeats: 1 }

const NAMES = FIGURES.map(({ name }) => name)
const USAGE = `npm run bench:eaas -- [options]
  --only NAME    these figures alone, each with an --only of its own: ${NAMES.join(", ")}
  --short        sees that everything can be measured, and measures nothing well
  --users N      ${FULL.users} unless said otherwise
  --requests N   ${FULL.requests} unless said otherwise
  --minutes N    of load; ${FULL.minutes} unless said otherwise
  --repeats N    of what is measured several times; ${FULL.repeats} unless said otherwise
  --json         one line of JSON for each figure`
const values = readOptions(USAGE, {
  only: severalOf(NAMES),
  short: flag,
  users: wholeNumber(undefined, { least: 1 }),
  requests: wholeNumber(undefined, { least: 1 }),
  minutes: amount(undefined),
  repeats: wholeNumber(undefined, { least: 1 }),
  json: flag,
})

const extent = values.short ? SHORT : FULL
await using stack = new AsyncDisposableStack()
let platform: Promise<LoadedPlatform> | undefined
const bench: Bench = {
  minutes: values.minutes ?? extent.minutes,
  users: values.users ?? extent.users,
  requests: values.requests ?? extent.requests,
  repeats: values.repeats ?? extent.repeats,
  platform: async () => await (platform ??= LoadedPlatform.start(bench.users).then((started) => stack.use(started))),
}
for (const module of FIGURES.filter(({ name }) => values.only?.includes(name) ?? true))
  for await (const figure of module.measure(bench)) print(figure)

function print({ figure, value, unit }: Figure): void {
  const rounded = Number(value.toPrecision(4))
  console.log(values.json ? JSON.stringify({ figure, value: rounded, unit }) : `${figure}: ${rounded} ${unit}`)
}
