// What the EaaS platform costs and how much it
// takes, one figure a line. Figures per core are of CPU time, so that what else the machine does changes them little.
import { amount, flag, readOptions, severalOf, wholeNumber } from "@starling/kernel/node"

import type { Bench, Figure } from "./eaas/figure.ts"
import { FIGURES } from "./eaas/figures.ts"
import { LoadedPlatform } from "./eaas/loaded-platform.ts"

const NAMES = FIGURES.map(({ name }) => name)
const USAGE = `npm run bench:eaas -- [options]
  --only NAME    these figures alone, each with an --only of its own: ${NAMES.join(", ")}
  --users N      10000 unless said otherwise
  --requests N   64 unless said otherwise
  --minutes N    of load; 1 unless said otherwise
  --json         one line of JSON for each figure`
const values = readOptions(USAGE, {
  only: severalOf(NAMES),
  users: wholeNumber(10_000, { least: 1 }),
  requests: wholeNumber(64, { least: 1 }),
  minutes: amount(1),
  json: flag,
})

await using stack = new AsyncDisposableStack()
let platform: Promise<LoadedPlatform> | undefined
const bench: Bench = {
  minutes: values.minutes,
  users: values.users,
  requests: values.requests,
  platform: async () => await (platform ??= LoadedPlatform.start(bench.users).then((started) => stack.use(started))),
}
for (const module of FIGURES.filter(({ name }) => values.only?.includes(name) ?? true))
  for await (const figure of module.measure(bench)) print(figure)

function print({ figure, value, unit }: Figure): void {
  const rounded = Number(value.toPrecision(4))
  console.log(values.json ? JSON.stringify({ figure, value: rounded, unit }) : `${figure}: ${rounded} ${unit}`)
}
