// `npm run bench:delivery [-- --count N --size BYTES --json]`: publish to readable between two real daemons, beside plain
// GossipSub and a raw TCP round trip of the same size, in one run.
import { spawn, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { parseArgs } from "node:util"

import { WebSocket } from "ws"
import { z } from "zod"

import { distributionOf, type Distribution } from "./distribution.ts"
import { plainGossipDeliveries } from "./plain-gossip.ts"
import { rawTcpRoundTrips } from "./raw-tcp.ts"

const MAIN = join(import.meta.dirname, "../../apps/peer/src/main.ts")
const Ready = z.object({ identity: z.string(), peerId: z.string(), api: z.string() })
const ApiFile = z.object({ key: z.string() })

interface Daemon {
  readonly process: ChildProcess
  readonly folder: string
  readonly api: string
  readonly identity: string
  readonly key: string
}

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "200" },
    size: { type: "string", default: "200" },
    json: { type: "boolean", default: false },
  },
})
const count = Number(values.count)
const size = Number(values.size)

const starling = await starlingDeliveries(size, count)
const gossip = distributionOf(await plainGossipDeliveries(size, count))
const rawTcp = distributionOf(await rawTcpRoundTrips(size, count))
print("publish to readable, two daemons", starling)
print("plain GossipSub, two processes", gossip)
print("raw TCP round trip", rawTcp)
process.exit(0)

async function starlingDeliveries(bytes: number, messages: number): Promise<Distribution> {
  const ana = await startDaemon("Ana")
  const bo = await startDaemon("Bo")
  try {
    const { link } = await call(bo, "GET", "/api/contacts/link", z.object({ link: z.string() }))
    await call(ana, "POST", "/api/contacts", z.unknown(), { link })
    const { group } = await call(ana, "POST", "/api/groups", z.object({ group: z.string() }), { name: "Delivery" })
    await call(ana, "POST", `/api/groups/${group}/invitations`, z.unknown(), { peer: bo.identity })
    await until(async () => (await call(bo, "GET", "/api/invitations", z.array(z.unknown()))).length > 0)
    await call(bo, "POST", `/api/invitations/${group}/accept`, z.unknown())
    const events = new WebSocket(`${bo.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${bo.key}` },
    })
    await once(events, "open")
    await warmUp(ana, bo, group)
    const samples: number[] = []
    for (let i = 0; i < messages; i++) {
      const text = `${i} `.padEnd(bytes, "x")
      const readable = new Promise<void>((done) => {
        events.on("message", function listen(frame: Buffer) {
          if (!frame.includes(text)) return
          events.off("message", listen)
          done()
        })
      })
      const start = performance.now()
      await Promise.all([readable, call(ana, "POST", `/api/groups/${group}/messages`, z.unknown(), { text })])
      samples.push(performance.now() - start)
    }
    events.close()
    return distributionOf(samples)
  } finally {
    for (const daemon of [ana, bo]) {
      daemon.process.kill("SIGTERM")
      if (daemon.process.exitCode === null) await once(daemon.process, "exit")
      await rm(daemon.folder, { recursive: true, force: true })
    }
  }
}

async function warmUp(ana: Daemon, bo: Daemon, group: string): Promise<void> {
  for (let i = 0; i < 20; i++)
    await call(ana, "POST", `/api/groups/${group}/messages`, z.unknown(), { text: `warm up ${i}` })
  await until(
    async () => (await call(bo, "GET", `/api/groups/${group}/messages?limit=100`, z.array(z.unknown()))).length >= 20,
  )
}

async function startDaemon(name: string): Promise<Daemon> {
  const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
  const options = [
    "--data",
    folder,
    "--json",
    "--name",
    name,
    "--port",
    "0",
    "--headless",
    "--no-mdns",
    "--listen",
    "/ip4/127.0.0.1/tcp/0",
  ]
  const child = spawn(process.execPath, [MAIN, "up", ...options], { stdio: ["ignore", "pipe", "inherit"] })
  const lines = createInterface({ input: child.stdout })
  const [line] = await once(lines, "line")
  const { api, identity } = Ready.parse(JSON.parse(String(line)))
  const { key } = ApiFile.parse(JSON.parse(await readFile(join(folder, "api.json"), "utf8")))
  return { process: child, folder, api, identity, key }
}

async function call<T>(daemon: Daemon, method: string, path: string, shape: z.ZodType<T>, body?: unknown): Promise<T> {
  const response = await fetch(daemon.api + path, {
    method,
    headers: { authorization: `Bearer ${daemon.key}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`)
  return shape.parse(text === "" ? undefined : JSON.parse(text))
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const patience = AbortSignal.timeout(20_000)
  while (!(await condition())) {
    patience.throwIfAborted()
    await new Promise((done) => setTimeout(done, 50))
  }
}

function print(figure: string, { n, min, median, p95, max }: Distribution): void {
  if (values.json) console.log(JSON.stringify({ figure, size, unit: "ms", n, min, median, p95, max }))
  else
    console.log(
      `${figure.padEnd(34)} ${size} B  n ${n}  median ${median.toFixed(2)} ms  p95 ${p95.toFixed(2)} ms  min ${min.toFixed(2)}  max ${max.toFixed(2)}`,
    )
}
