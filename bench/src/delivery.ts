// `npm run bench:delivery [-- --count N --size BYTES --json]`: publish to readable between two real daemons, beside plain
// GossipSub and a raw TCP round trip of the same size, in one run.
import { parseArgs } from "node:util"

import { distributionOf, type Distribution } from "./distribution.ts"
import { plainGossipDeliveries } from "./plain-gossip.ts"
import { rawTcpRoundTrips } from "./raw-tcp.ts"
import { twoPeers } from "./two-peers.ts"

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "200" },
    size: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
  },
})
const count = Number(values.count)
const size = Number(values.size)

const { delivery: starling } = await twoPeers(size, count, "embedded")
const gossip = distributionOf(await plainGossipDeliveries(size, count))
const rawTcp = distributionOf(await rawTcpRoundTrips(size, count))
print("publish to readable, two daemons", starling)
print("plain GossipSub, two processes", gossip)
print("raw TCP round trip", rawTcp)
process.exit(0)

function print(figure: string, { n, min, median, p95, max }: Distribution): void {
  if (values.json) console.log(JSON.stringify({ figure, size, unit: "ms", n, min, median, p95, max }))
  else
    console.log(
      `${figure.padEnd(34)} ${size} B  n ${n}  median ${median.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  min ${min.toFixed(2)}  max ${max.toFixed(2)}`,
    )
}
