import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { WebSocket } from "ws"
import { z } from "zod"

import { Daemon, formGroup, until } from "../daemon.ts"
import { processorTime, withDescendants } from "./processor-time.ts"

const WARM_UP = 100
/** Milliseconds over which a daemon is looked at, and how much of them it may work. */
const LOOK = 500
const AT_REST = 50

/** Two daemons with a group, on loopback, which have exchanged enough for their code to be compiled. */
export class Pair implements AsyncDisposable {
  readonly sender: Daemon
  readonly receiver: Daemon
  readonly group: string
  readonly #events: WebSocket
  readonly #resources: AsyncDisposableStack

  static async open(options: {
    readonly more?: readonly string[]
    readonly flags?: readonly (readonly string[])[]
  }): Promise<Pair> {
    await using opening = new AsyncDisposableStack()
    const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
    opening.defer(async () => await rm(folder, { recursive: true, force: true }))
    const more = ["--headless", "--no-mdns", ...(options.more ?? [])]
    const [ofSender = [], ofReceiver = []] = options.flags ?? []
    const sender = opening.use(await Daemon.start({ folder: join(folder, "ana"), name: "Ana", more, flags: ofSender }))
    const receiver = opening.use(
      await Daemon.start({ folder: join(folder, "bo"), name: "Bo", more, flags: ofReceiver }),
    )
    const group = await formGroup(sender, receiver, "Delivery")
    const events = new WebSocket(`${receiver.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${receiver.key}` },
    })
    opening.defer(() => events.terminate())
    events.setMaxListeners(Infinity)
    await once(events, "open")
    const pair = new Pair(sender, receiver, group, events, opening.move())
    for (let i = 0; i < WARM_UP; i++) await pair.deliver(`warm up ${i} `.padEnd(200, "x"))
    return pair
  }

  private constructor(
    sender: Daemon,
    receiver: Daemon,
    group: string,
    events: WebSocket,
    resources: AsyncDisposableStack,
  ) {
    this.sender = sender
    this.receiver = receiver
    this.group = group
    this.#events = events
    this.#resources = resources
  }

  /** Milliseconds from the call that publishes `text` until the receiver's event that brings it. */
  async deliver(text: string): Promise<number> {
    const readable = this.#arrival(text)
    const start = performance.now()
    const published = this.sender.call("POST", `/api/groups/${this.group}/messages`, z.unknown(), { text })
    const end = await readable
    await published
    return end - start
  }

  /** Until both, and what they started, rest: a proof made ahead takes a core for a second, and is not what is measured. */
  async rest(): Promise<void> {
    const quiet = z.object({ progress: z.array(z.unknown()) })
    await until(async () => {
      for (const daemon of [this.sender, this.receiver])
        if ((await daemon.call("GET", "/api/entropy", quiet)).progress.length > 0) return false
      const before = this.#used()
      await pause(LOOK)
      return this.#used() - before < 2 * AT_REST
    }, 120_000)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }

  #used(): number {
    const pids = [this.sender, this.receiver].flatMap(({ pid }) => withDescendants(pid))
    return pids.reduce((sum, pid) => sum + processorTime(pid), 0)
  }

  async #arrival(text: string): Promise<number> {
    return await new Promise((resolve) => {
      const listen = (frame: Buffer): void => {
        if (!frame.includes(text)) return
        this.#events.off("message", listen)
        resolve(performance.now())
      }
      this.#events.on("message", listen)
    })
  }
}
