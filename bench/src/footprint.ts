// What a peer takes of its machine: how soon it is ready, its memory beside that of a bare libp2p process, the processor that it
// takes at rest, and for each message that it passes on. Linux alone tells.
import { flag, readOptions, wholeNumber } from "@starling/kernel/node"

import { Pair } from "./delivery/pair.ts"
import { relayCost } from "./delivery/relay-cost.ts"
import { measureAtRest, type AtRest } from "./footprint/at-rest.ts"
import { measureStarts } from "./footprint/starts.ts"

const STARTS = 5
const SETTLING = 15
const RELAYED = 500
const WARM_UP = 200
const SIZE = 200

const USAGE = `npm run bench:footprint -- [options]
  --seconds N   at rest; 30 unless said otherwise
  --json        one line of JSON for each figure`
const { seconds, json } = readOptions(USAGE, { seconds: wholeNumber(30, { least: 1 }), json: flag })

const starts = await measureStarts(STARTS)
tell("first start to ready", "ms", starts.first, 1500)
tell("start to ready", "ms", starts.again.median, 1500)
tell("processor until ready", "ms", starts.processor.median)
const { peer, platform, bare } = await atRest()
tell("processor of a peer at rest", "% of a core", peer.processor)
tell("processor of its embedded platform at rest", "% of a core", platform.processor)
tell("processor of bare libp2p at rest", "% of a core", bare.processor)
tell("memory of a peer", "MiB", peer.memory)
tell("memory of its embedded platform", "MiB", platform.memory)
tell("memory of bare libp2p", "MiB", bare.memory)
tell("memory above bare libp2p", "MiB", peer.memory - bare.memory, 60)
tell("processor for each message passed on", "ms", await relayCost(SIZE, { warmUp: WARM_UP, count: RELAYED }), 0.3)
process.exit(0)

async function atRest(): Promise<AtRest> {
  await using pair = await Pair.open({})
  return await measureAtRest(pair, { settling: SETTLING, seconds })
}

function tell(figure: string, unit: string, value: number, target?: number): void {
  if (json) console.log(JSON.stringify({ figure, unit, value, target }))
  else {
    const judged = target === undefined ? "" : `  target ${target}: ${value <= target ? "met" : "missed"}`
    console.log(`${figure.padEnd(44)} ${value.toFixed(2).padStart(9)} ${unit}${judged}`)
  }
}
