// `npm run bench:footprint [-- --seconds N --json]`: what a peer takes of its machine: how soon it is ready, its memory beside that
// of a bare libp2p process, the processor that it takes at rest, and for each message that it passes on. Linux alone tells.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { flag, readOptions, wholeNumber } from "@starling/kernel/node"

import { Daemon } from "./daemon.ts"
import { Pair } from "./delivery/pair.ts"
import { processorTime, residentBytes, withDescendants } from "./delivery/processor-time.ts"
import { relayCost } from "./delivery/relay-cost.ts"
import { distributionOf } from "./distribution.ts"
import { plainPair } from "./plain-gossip.ts"

const STARTS = 5
const RELAYED = 500
const SIZE = 200

const USAGE = `npm run bench:footprint -- [options]
  --seconds N   at rest; 30 unless said otherwise
  --json        one line of JSON for each figure`
const values = readOptions(USAGE, { seconds: wholeNumber(30, { least: 1 }), json: flag })
const { seconds } = values

await starts()
await atRest()
const relayed = await relayCost(SIZE, RELAYED)
tell("processor for each message passed on", "ms", relayed, 0.3)
process.exit(0)

/** Of a daemon on a folder that is there; a first start makes an identity besides. */
async function starts(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
  try {
    const [wall, processor]: [number[], number[]] = [[], []]
    for (let i = 0; i <= STARTS; i++) {
      const start = performance.now()
      await using daemon = await Daemon.start({ folder: join(folder, "ana"), name: "Ana" })
      const taken = performance.now() - start
      const used = processorTime(daemon.pid)
      if (i === 0) {
        tell("first start to ready", "ms", taken, 1500)
        continue
      }
      wall.push(taken)
      processor.push(used)
    }
    tell("start to ready", "ms", distributionOf(wall).median, 1500)
    tell("processor until ready", "ms", distributionOf(processor).median)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Two daemons in one group, and two bare libp2p nodes in one topic, connected and left alone side by side. */
async function atRest(): Promise<void> {
  await using pair = await Pair.open({})
  await pair.rest()
  const plain = await plainPair()
  try {
    const pid = plain.receiver.pid ?? 0
    await pause(5_000)
    const all = withDescendants(pair.receiver.pid)
    const before = all.map(processorTime)
    const plainBefore = processorTime(pid)
    await pause(seconds * 1000)
    const [used = 0, ...ofOthers] = all.map((each, i) => (processorTime(each) - (before[i] ?? 0)) / seconds / 10)
    tell("processor of a peer at rest", "% of a core", used)
    tell("processor of its embedded platform at rest", "% of a core", sum(ofOthers))
    tell("processor of bare libp2p at rest", "% of a core", (processorTime(pid) - plainBefore) / seconds / 10)
    const [own = 0, ...others] = all.map((each) => residentBytes(each) / 2 ** 20)
    const bare = residentBytes(pid) / 2 ** 20
    tell("memory of a peer", "MiB", own)
    tell("memory of its embedded platform", "MiB", sum(others))
    tell("memory of bare libp2p", "MiB", bare)
    tell("memory above bare libp2p", "MiB", own - bare, 60)
  } finally {
    plain.sender.kill()
    plain.receiver.kill()
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0)
}

function tell(figure: string, unit: string, value: number, target?: number): void {
  if (values.json) console.log(JSON.stringify({ figure, unit, value, target }))
  else {
    const judged = target === undefined ? "" : `  target ${target}: ${value <= target ? "met" : "missed"}`
    console.log(`${figure.padEnd(44)} ${value.toFixed(2).padStart(9)} ${unit}${judged}`)
  }
}
