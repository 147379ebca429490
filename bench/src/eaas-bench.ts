// `npm run bench:eaas [-- --part NAME] [--json]`: figures of the Entropy-as-a-Service platform, one a line. With --json each
// is {"figure","value","unit"}. Exits with 1 where a figure that has to hold does not.
import { parseArgs } from "node:util"

import { eavesdropperFigures } from "./eaas/eavesdropper.ts"
import type { Figure } from "./eaas/figure.ts"
import { honestLinkFigures } from "./eaas/honest-link.ts"

const PARTS: Readonly<Record<string, () => AsyncIterable<Figure>>> = {
  eavesdropper: eavesdropperFigures,
  "honest-link": honestLinkFigures,
}

const { values } = parseArgs({ options: { part: { type: "string" }, json: { type: "boolean", default: false } } })
const names = values.part === undefined ? Object.keys(PARTS) : [values.part]
for (const name of names) {
  const part = PARTS[name]
  if (part === undefined) throw new RangeError(`no part ${name}: there are ${Object.keys(PARTS).join(", ")}`)
  for await (const { figure, value, unit, holds = true } of part()) {
    console.log(values.json ? JSON.stringify({ figure, value, unit }) : `${figure}: ${value} ${unit}`)
    if (!holds) process.exitCode = 1
  }
}
