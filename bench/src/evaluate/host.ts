// A process that hosts instances: whole peers, each wired as the daemon wires its one.
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { startDaemon, type Daemon } from "@starling/peer/daemon"
import { Prover } from "@starling/proof/node"
import { z } from "zod"

import { askDaemon } from "../ask-daemon.ts"
import { monotonic } from "./clock.ts"
import type { Answer, InstanceOrder, Order, StartedInstance } from "./host-messages.ts"
import { PeerBytes } from "./peer-bytes.ts"
import { Recorder } from "./recorder.ts"

/** One key of 8 KiB is enough, and the next is fetched when it is used up. */
const FILL_TO = 0.06
const POOL_PATIENCE = 180_000
const ApiFile = z.object({ key: z.string() })
const Status = z.object({ pool: z.object({ bytes: z.number() }) })

class Host implements AsyncDisposable {
  readonly #bytes = new PeerBytes()
  readonly #resources = new AsyncDisposableStack()
  readonly #recorders: Recorder[] = []
  readonly #ended = new AbortController()
  #prover: Prover | undefined

  async carryOut(order: Order): Promise<Answer | undefined> {
    switch (order.kind) {
      case "start":
        return { kind: "started", instance: await this.#start(order.instance) }
      case "usage":
        return { kind: "usage", usage: this.#usage() }
      case "recordings":
        return { kind: "recordings", recordings: this.#recorders.map(({ recording }) => recording) }
      case "end":
        await this[Symbol.asyncDispose]()
        return undefined
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    await this.#resources.disposeAsync()
  }

  async #start(order: InstanceOrder): Promise<StartedInstance> {
    const began = monotonic()
    this.#prover ??= this.#resources.use(await Prover.open())
    const observer = new Recorder()
    const { folder, eaas } = order
    if (eaas !== undefined) this.#bytes.leaveOut(Number(new URL(eaas).port))
    const daemon = this.#resources.use(
      await startDaemon(
        {
          dataFolder: folder,
          name: order.name,
          port: 0,
          listen: [`/ip4/${order.address}/tcp/0`],
          eaas: eaas === undefined ? { kind: "off" } : { kind: "remote", url: eaas },
          tap: { kind: "loopback" },
          branch: undefined,
          policy: order.entropy,
          fillTo: FILL_TO,
          headless: true,
          mdns: order.mdns,
          plainTopics: false,
          mailbox: false,
          log: (text) => process.stderr.write(`${order.name}: ${text}\n`),
          trial: { observer, connections: order.connections, suite: order.suite, prover: this.#prover },
        },
        this.#ended.signal,
      ),
    )
    const startMs = monotonic() - began
    this.#bytes.leaveOut(Number(new URL(daemon.api).port))
    this.#recorders.push(observer)
    const { key } = ApiFile.parse(JSON.parse(await readFile(join(folder, "api.json"), "utf8")))
    if (eaas !== undefined) await filled(daemon, key)
    return { identity: daemon.identity, peerId: daemon.peerId, api: daemon.api, key, startMs }
  }

  #usage() {
    const { user, system } = process.cpuUsage()
    return {
      cpuMs: (user + system) / 1000,
      memory: process.memoryUsage.rss(),
      ...this.#bytes.total(),
      at: monotonic(),
    }
  }
}

/** Until the first quantum bytes are in the pool. */
async function filled({ api, identity }: Daemon, key: string): Promise<void> {
  const end = monotonic() + POOL_PATIENCE
  for (;;) {
    const { text } = await askDaemon({ method: "GET", url: `${api}/api/status`, key, alone: true })
    if (Status.parse(JSON.parse(text)).pool.bytes > 0) return
    if (monotonic() > end) throw new Error(`the platform gave ${identity} no key within ${POOL_PATIENCE / 1000} s`)
    await pause(100)
  }
}

const host = new Host()
// A terminal tells the whole group of processes: who started this one says when it ends.
process.on("SIGINT", () => {})
process.once("disconnect", () => void host[Symbol.asyncDispose]().finally(() => process.exit()))
process.on("message", (order: Order) => {
  host.carryOut(order).then(
    (answer) => (answer === undefined ? process.exit() : process.send?.(answer)),
    (error: unknown) => process.send?.({ kind: "failed", why: error instanceof Error ? error.message : String(error) }),
  )
})
