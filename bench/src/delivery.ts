// `npm run bench:delivery [-- --count N --size BYTES --json]`: publish to readable between two real daemons, beside plain
// GossipSub and a raw TCP round trip of the same size, in one run.
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { flag, readOptions, wholeNumber } from "@starling/kernel/node"
import { WebSocket } from "ws"
import { z } from "zod"

import { Daemon, formGroup, until } from "./daemon.ts"
import { distributionOf, type Distribution } from "./distribution.ts"
import { plainGossipDeliveries } from "./plain-gossip.ts"
import { rawTcpRoundTrips } from "./raw-tcp.ts"

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

const starling = await starlingDeliveries(size, count)
const gossip = distributionOf(await plainGossipDeliveries(size, count))
const rawTcp = distributionOf(await rawTcpRoundTrips(size, count))
print("publish to readable, two daemons", starling)
print("plain GossipSub, two processes", gossip)
print("raw TCP round trip", rawTcp)
process.exit(0)

async function starlingDeliveries(bytes: number, messages: number): Promise<Distribution> {
  const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
  try {
    await using ana = await Daemon.start({ folder: join(folder, "ana"), name: "Ana" })
    await using bo = await Daemon.start({ folder: join(folder, "bo"), name: "Bo" })
    const group = await formGroup(ana, bo, "Delivery")
    const events = new WebSocket(`${bo.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${bo.key}` },
    })
    await once(events, "open")
    await Promise.all([ana, bo].map(filled))
    await warmUp(ana, bo, group)
    const samples: number[] = []
    for (let i = 0; i < messages; i++) samples.push(await oneDelivery(ana, group, events, `${i} `.padEnd(bytes, "x")))
    events.close()
    return distributionOf(samples)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function oneDelivery(sender: Daemon, group: string, events: WebSocket, text: string): Promise<number> {
  const readable = new Promise<void>((done) => {
    events.on("message", function listen(frame: Buffer) {
      if (!frame.includes(text)) return
      events.off("message", listen)
      done()
    })
  })
  const start = performance.now()
  const published = sender.call("POST", `/api/groups/${group}/messages`, z.unknown(), { text })
  await readable
  const taken = performance.now() - start
  await published
  return taken
}

/** Until no key is being requested: a proof takes a core for a second, and is not what is measured. */
async function filled(daemon: Daemon): Promise<void> {
  const quiet = z.object({ progress: z.array(z.unknown()), pool: z.object({ bytes: z.number() }) })
  await until(async () => {
    const { progress, pool } = await daemon.call("GET", "/api/entropy", quiet)
    return progress.length === 0 && pool.bytes > 0
  }, 120_000)
}

async function warmUp(ana: Daemon, bo: Daemon, group: string): Promise<void> {
  for (let i = 0; i < 20; i++)
    await ana.call("POST", `/api/groups/${group}/messages`, z.unknown(), { text: `warm up ${i}` })
  await until(
    async () => (await bo.call("GET", `/api/groups/${group}/messages?limit=100`, z.array(z.unknown()))).length >= 20,
  )
}

function print(figure: string, { n, min, median, p95, max }: Distribution): void {
  if (values.json) console.log(JSON.stringify({ figure, size, unit: "ms", n, min, median, p95, max }))
  else
    console.log(
      `${figure.padEnd(34)} ${size} B  n ${n}  median ${median.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  min ${min.toFixed(2)}  max ${max.toFixed(2)}`,
    )
}
