// `npm run flood [-- --seconds 20 --json]`: how long a message takes from Ana to Bo while nobody else talks, and while Mal, a
// member of the same group, sends messages and renews keys without pause; and what the flood leaves in Bo's memory and folder.
import { once } from "node:events"
import { mkdtemp, rm, stat } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { flag, readOptions, wholeNumber } from "@starling/kernel/node"
import { WebSocket } from "ws"
import { z } from "zod"

import { Daemon, formGroup, until } from "./daemon.ts"
import { distributionOf, type Distribution } from "./distribution.ts"
import { residentBytes } from "./delivery/processor-time.ts"

const Accepted = z.array(z.object({ group: z.string() }))
const PROBE_PAUSE = 100
const FLOODERS = 8
const HEAL_EACH = 20

export interface FloodResult {
  /** Milliseconds from Ana's call to Bo's screen. */
  readonly quiet: Distribution
  readonly flooded: Distribution
  /** What Mal had acknowledged by its own daemon a second. */
  readonly floodPerSecond: number
  readonly megabytes: { readonly memoryBefore: number; readonly memoryAfter: number; readonly disk: number }
}

export async function flood(seconds: number): Promise<FloodResult> {
  const folder = await mkdtemp(join(tmpdir(), "starling-flood-"))
  try {
    const start = async (name: string): Promise<Daemon> => {
      const more = ["--headless", "--no-mdns", "--eaas", "off"]
      return await Daemon.start({ folder: join(folder, name), name, more })
    }
    await using ana = await start("ana")
    await using bo = await start("bo")
    await using mal = await start("mal")
    const group = await formGroup(ana, bo, "Flooded")
    await letIn(ana, mal, group)
    await meet(bo, mal)
    const events = new WebSocket(`${bo.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${bo.key}` },
    })
    await once(events, "open")
    await probe(ana, group, events, 3)
    const quiet = await probe(ana, group, events, seconds)
    const memoryBefore = residentBytes(bo.pid) / 2 ** 20
    const ending = new AbortController()
    const flooding = Array.from({ length: FLOODERS }, async () => await send(mal, group, ending.signal))
    const flooded = await probe(ana, group, events, seconds)
    ending.abort()
    const sent = (await Promise.all(flooding)).reduce((sum, count) => sum + count, 0)
    events.close()
    const disk = (await stat(join(bo.folder, "store.sqlite"))).size / 2 ** 20
    const megabytes = { memoryBefore, memoryAfter: residentBytes(bo.pid) / 2 ** 20, disk }
    return { quiet, flooded, floodPerSecond: sent / seconds, megabytes }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function letIn(host: Daemon, guest: Daemon, group: string): Promise<void> {
  await meet(host, guest)
  await host.call("POST", `/api/groups/${group}/invitations`, z.unknown(), { peer: guest.identity })
  await until(async () => (await guest.call("GET", "/api/invitations", Accepted)).length > 0)
  await guest.call("POST", `/api/invitations/${group}/accept`, z.unknown())
}

async function meet(one: Daemon, other: Daemon): Promise<void> {
  const { link } = await other.call("GET", "/api/contacts/link", z.object({ link: z.string() }))
  await one.call("POST", "/api/contacts", z.unknown(), { link })
}

async function probe(sender: Daemon, group: string, events: WebSocket, seconds: number): Promise<Distribution> {
  const samples: number[] = []
  const end = performance.now() + seconds * 1000
  for (let i = 0; performance.now() < end; i++) {
    const text = `probe ${seconds} ${i} ${end}`
    const readable = new Promise<void>((done) => {
      events.on("message", function listen(frame: Buffer) {
        if (!frame.includes(text)) return
        events.off("message", listen)
        done()
      })
    })
    const began = performance.now()
    await sender.call("POST", `/api/groups/${group}/messages`, z.unknown(), { text })
    await readable
    samples.push(performance.now() - began)
    await pause(PROBE_PAUSE)
  }
  return distributionOf(samples)
}

async function send(flooder: Daemon, group: string, ending: AbortSignal): Promise<number> {
  let count = 0
  for (; !ending.aborted; count++) {
    const text = `flood ${count} `.padEnd(500, "x")
    await flooder.call("POST", `/api/groups/${group}/messages`, z.unknown(), { text })
    if (count % HEAL_EACH === 0) await flooder.call("POST", `/api/groups/${group}/heal`, z.unknown())
  }
  return count
}

if (import.meta.main) {
  const usage = `npm run flood -- [options]
  --seconds N   of flood; 20 unless said otherwise
  --json        the result as one line of JSON`
  const values = readOptions(usage, { seconds: wholeNumber(20, { least: 1 }), json: flag })
  const result = await flood(values.seconds)
  console.log(values.json ? JSON.stringify(result) : result)
  process.exit(result.flooded.median <= 2 * result.quiet.median ? 0 : 1)
}
