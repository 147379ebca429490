// Publish to readable between two real daemons, beside what it is made of, in one run: plain GossipSub, the cryptography of one
// message, one durable write; and a raw TCP round trip.
import { flag, readOptions, wholeNumber } from "@starling/kernel/node"

import { cryptoCost } from "./delivery/crypto-cost.ts"
import { durableCommits } from "./delivery/disk.ts"
import { canCountSyncs, countSyncs, type Syncs } from "./delivery/durable-writes.ts"
import { Pair } from "./delivery/pair.ts"
import { distributionOf, type Distribution } from "./distribution.ts"
import { plainGossipDeliveries } from "./plain-gossip.ts"
import { rawTcpRoundTrips } from "./raw-tcp.ts"

/** What publish to readable may take: this much of plain GossipSub, and the cryptography and one durable write besides. */
const OF_GOSSIP = 1.5
/** Bytes that a message writes to the store, about. */
const WRITTEN = 3000

const USAGE = `npm run bench:delivery -- [options]
  --count N   messages; 200 unless said otherwise
  --size N    bytes of each; 200 unless said otherwise
  --json      one line of JSON for each row`
const values = readOptions(USAGE, {
  count: wholeNumber(200, { least: 1 }),
  size: wholeNumber(200, { least: 1 }),
  json: flag,
})
const { count, size } = values

const { starling, syncs } = await starlingDeliveries()
const gossip = distributionOf(await plainGossipDeliveries(size, count))
const rawTcp = distributionOf(await rawTcpRoundTrips(size, count))
const disk = await durableCommits(WRITTEN, count)
const { protectMs, receiveMs } = cryptoCost(size, count)
const target = OF_GOSSIP * gossip.median + protectMs + receiveMs + disk.median
print("publish to readable, two daemons", starling)
print("plain GossipSub, two processes", gossip)
print("one durable write", disk)
print("raw TCP round trip", rawTcp)
tell("MLS protect and receive", { unit: "ms", protect: protectMs, receive: receiveMs })
tell(`target: ${OF_GOSSIP} x gossip + MLS + one write`, { unit: "ms", target, ratio: starling.median / target })
for (const [side, each] of Object.entries(syncs))
  tell(`syncs of the ${side}, ${count} messages`, Object.fromEntries(each))
if (!canCountSyncs) tell("syncs: not counted, strace is not installed", {})
process.exit(0)

async function starlingDeliveries(): Promise<{ starling: Distribution; syncs: Readonly<Record<string, Syncs>> }> {
  await using pair = await Pair.open({})
  await pair.rest()
  const samples: number[] = []
  for (let i = 0; i < count; i++) samples.push(await pair.deliver(text("timed", i)))
  const starling = distributionOf(samples)
  if (!canCountSyncs) return { starling, syncs: {} }
  const [sender, receiver] = [await countSyncs(pair.sender.pid), await countSyncs(pair.receiver.pid)]
  for (let i = 0; i < count; i++) await pair.deliver(text("counted", i))
  return { starling, syncs: { sender: await sender.end(), receiver: await receiver.end() } }
}

function text(name: string, i: number): string {
  return `${name} ${i} `.padEnd(size, "x")
}

function print(figure: string, { n, min, median, p95, max }: Distribution): void {
  if (values.json) console.log(JSON.stringify({ figure, size, unit: "ms", n, min, median, p95, max }))
  else
    console.log(
      `${figure.padEnd(42)} ${size} B  n ${n}  median ${median.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  min ${min.toFixed(2)}  max ${max.toFixed(2)}`,
    )
}

function tell(figure: string, fields: Readonly<Record<string, string | number>>): void {
  if (values.json) console.log(JSON.stringify({ figure, size, ...fields }))
  else {
    const said = Object.entries(fields).map(
      ([name, value]) => `${name} ${Number.isInteger(value) || typeof value === "string" ? value : value.toFixed(2)}`,
    )
    console.log(`${figure.padEnd(42)} ${said.join("  ")}`)
  }
}
