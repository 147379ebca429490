import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { WebSocket } from "ws"
import { z } from "zod"

import { Daemon, formGroup, until } from "./daemon.ts"
import { distributionOf, type Distribution } from "./distribution.ts"
import { megabytesInMemory } from "./resident-memory.ts"

export interface TwoPeers {
  /** Milliseconds from a call of the one's API to the other's window. */
  readonly delivery: Distribution
  /** Of a daemon in a process of its own, until its API answers, in milliseconds; and what it takes then, in megabytes. */
  readonly coldStart: Distribution
  readonly memoryMb: number
}

/** Two daemons, each in a process of its own; `eaas` as in `starling up --eaas`. */
export async function twoPeers(bytes: number, messages: number, eaas: "embedded" | "off"): Promise<TwoPeers> {
  const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
  try {
    const more = ["--headless", "--no-mdns", "--eaas", eaas]
    const starts: number[] = []
    const start = async (name: string): Promise<Daemon> => {
      const began = performance.now()
      const daemon = await Daemon.start({ folder: join(folder, name), name, more })
      starts.push(performance.now() - began)
      return daemon
    }
    await using ana = await start("Ana")
    await using bo = await start("Bo")
    const memoryMb = await megabytesInMemory(ana)
    const group = await formGroup(ana, bo, "Delivery")
    const events = new WebSocket(`${bo.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${bo.key}` },
    })
    await once(events, "open")
    if (eaas !== "off") await Promise.all([ana, bo].map(filled))
    await warmUp(ana, bo, group)
    const samples: number[] = []
    for (let i = 0; i < messages; i++) samples.push(await oneDelivery(ana, group, events, `${i} `.padEnd(bytes, "x")))
    events.close()
    return { delivery: distributionOf(samples), coldStart: distributionOf(starts), memoryMb }
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
