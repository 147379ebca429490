// Where the time and the bytes of one message go, on its sender and on its receiver: the way of single messages by the clock,
// the main thread stage by stage, and the functions in which it is most.
import { setTimeout as pause } from "node:timers/promises"

import { readOptions, wholeNumber } from "@starling/kernel/node"

import { freePort } from "./daemon.ts"
import { byStage } from "./delivery/stages.ts"
import { hottest, profileDuring, type CpuProfile } from "./delivery/cpu-profile.ts"
import { Inspector, inspectedAt } from "./delivery/inspector.ts"
import { noteMilestones, takeMilestones, type Milestone } from "./delivery/milestones.ts"
import { Pair } from "./delivery/pair.ts"
import { processorTime } from "./delivery/processor-time.ts"
import { distributionOf } from "./distribution.ts"
import { table } from "./mls/table.ts"

const USAGE = `npm run profile:delivery -- [options]
  --count N   messages; 200 unless said otherwise
  --size N    bytes of each; 200 unless said otherwise
  --rate N    messages a second; 20 unless said otherwise
  --top N     functions told; 25 unless said otherwise`
const { count, size, rate, top } = readOptions(USAGE, {
  count: wholeNumber(200, { least: 1 }),
  size: wholeNumber(200, { least: 1 }),
  rate: wholeNumber(20, { least: 1 }),
  top: wholeNumber(25, { least: 1 }),
})
/** Acknowledgments are over by then. */
const AFTERWARDS = 1_500

await measure()
process.exit(0)

async function measure(): Promise<void> {
  const ports = [await freePort(), await freePort()] as const
  await using pair = await Pair.open({
    more: ["--eaas", "off"],
    flags: [inspectedAt(ports[0]), inspectedAt(ports[1])],
  })
  using ofSender = await Inspector.connect(ports[0])
  using ofReceiver = await Inspector.connect(ports[1])
  const sides = [ofSender, ofReceiver]
  const processor = await processorTimes(pair)
  printProfiles(processor, await profileDuring(sides, async () => await steadily(pair)))
  await printWay(pair, sides)
}

/** Milliseconds of processor for each message, of sender and receiver, all threads. */
async function processorTimes(pair: Pair): Promise<readonly number[]> {
  const pids = [pair.sender.pid, pair.receiver.pid]
  const before = pids.map(processorTime)
  await steadily(pair)
  return pids.map((pid, i) => (processorTime(pid) - (before[i] ?? 0)) / count)
}

/** All messages, at the rate asked for, and what follows them. */
async function steadily(pair: Pair): Promise<void> {
  let next = performance.now()
  for (let i = 0; i < count; i++) {
    await pair.deliver(`${next} ${i} `.padEnd(size, "x"))
    next += 1000 / rate
    await pause(Math.max(0, next - performance.now()))
  }
  await pause(AFTERWARDS)
}

function printProfiles(processor: readonly number[], profiles: readonly CpuProfile[]): void {
  const [sender, receiver] = profiles.map(byStage)
  const lines = [...(sender ?? new Map<string, number>())].map(([stage, us]) => [
    stage,
    (us / count).toFixed(0),
    ((receiver?.get(stage) ?? 0) / count).toFixed(0),
  ])
  const all = processor.map((ms) => ms.toFixed(2))
  console.log(`\nProcessor time of one message of ${size} B: sender ${all[0]} ms, receiver ${all[1]} ms, all threads\n`)
  console.log(table(["stage, main thread", "sender, us", "receiver, us"], lines))
  for (const [i, side] of ["sender", "receiver"].entries()) {
    const profile = profiles[i]
    if (profile === undefined) continue
    const hot = hottest(profile, top).map(([name, self, total]) => [
      name,
      (self / count).toFixed(0),
      (total / count).toFixed(0),
    ])
    console.log(`\n${side}: microseconds for each message\n`)
    console.log(table(["function", "itself", "with what it calls"], hot))
  }
}

/** One message at a time, the next after a while, so that nothing else is on the way. */
async function printWay(pair: Pair, sides: readonly Inspector[]): Promise<void> {
  for (const side of sides) await noteMilestones(side)
  const spans = new Map<string, number[]>()
  for (let i = 0; i < count; i++) {
    await Promise.all(sides.map(takeMilestones))
    const start = performance.timeOrigin + performance.now()
    const end = start + (await pair.deliver(`way ${i} `.padEnd(size, "x")))
    await pause(20)
    const [sent = [], received = []] = await Promise.all(sides.map(takeMilestones))
    for (const [name, span] of wayOf(sent, received, start, end)) {
      const all = spans.get(name) ?? []
      spans.set(name, [...all, span])
    }
  }
  const lines = Array.from(spans, ([name, samples]) => {
    const { median, p95 } = distributionOf(samples)
    return [name, median.toFixed(2), p95.toFixed(2)]
  })
  console.log(`\nThe way of one message of ${size} B by the clock\n`)
  console.log(table(["from and to", "median", "p95"], lines))
}

function wayOf(
  sent: readonly Milestone[],
  received: readonly Milestone[],
  start: number,
  end: number,
): readonly (readonly [string, number])[] {
  const find = (noted: readonly Milestone[], what: Milestone["what"], after: number): number =>
    noted.find((each) => each.what === what && each.at >= after)?.at ?? Number.NaN
  const request = find(sent, "request", start)
  const writes = find(sent, "commit begins", request)
  const syncs = find(sent, "sync", writes)
  const durable = find(sent, "commit ends", syncs)
  const out = find(sent, "tcp out", durable)
  const arrives = find(received, "tcp in", out)
  const writesThere = find(received, "commit begins", arrives)
  const syncsThere = find(received, "sync", writesThere)
  const durableThere = find(received, "commit ends", syncsThere)
  const bytes = (noted: readonly Milestone[], what: Milestone["what"]): number =>
    noted.reduce(
      (sum, each) => (each.what === what && each.at >= durable && each.at <= end ? sum + each.bytes : sum),
      0,
    )
  return [
    ["call to request, ms", request - start],
    ["request to rows: API, messenger, MLS, draws, ms", writes - request],
    ["rows: sealing, SQLite, ms", syncs - writes],
    ["commit: one sync, ms", durable - syncs],
    ["durable to wire: GossipSub, Noise, yamux, ms", out - durable],
    ["wire, ms", arrives - out],
    ["arrival to rows: Noise, yamux, GossipSub, envelope, MLS, ms", writesThere - arrives],
    ["rows there: sealing, SQLite, ms", syncsThere - writesThere],
    ["commit there: one sync, ms", durableThere - syncsThere],
    ["durable there to the window, ms", end - durableThere],
    ["the whole way, ms", end - start],
    ["bytes on the wire until readable", bytes(sent, "tcp out")],
  ]
}
