import { once } from "node:events"
import { setTimeout as pause } from "node:timers/promises"

import { WebSocket } from "ws"
import { z } from "zod"

import { askDaemon } from "../ask-daemon.ts"
import { monotonic } from "./clock.ts"
import type { StartedInstance } from "./host-messages.ts"

const Event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message"), message: z.object({ id: z.string(), group: z.string(), text: z.string() }) }),
  z.object({ type: z.enum(["status", "nearby", "contacts", "invitations", "groups"]) }),
  z.object({ type: z.enum(["group", "delivery", "entropy", "trouble"]) }),
])
export type InstanceEvent = z.infer<typeof Event>

/** What a run waits for did not come about. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong"
}

/** Between two looks whether something has come about. */
const LOOK_EACH = 200

/** One peer of a run, driven over its local API as a window drives it. */
export class Instance implements Disposable {
  readonly name: string
  readonly identity: string
  readonly peerId: string
  readonly startMs: number
  readonly #api: string
  readonly #key: string
  readonly #events: WebSocket
  readonly #listeners = new Set<(event: InstanceEvent, at: number) => void>()

  private constructor(name: string, { identity, peerId, api, key, startMs }: StartedInstance, events: WebSocket) {
    this.name = name
    this.identity = identity
    this.peerId = peerId
    this.startMs = startMs
    this.#api = api
    this.#key = key
    this.#events = events
    events.on("error", () => events.terminate())
    events.on("message", (frame: Buffer) => {
      const at = monotonic()
      const event = Event.parse(JSON.parse(frame.toString()))
      for (const listener of this.#listeners) listener(event, at)
    })
  }

  static async connect(name: string, started: StartedInstance): Promise<Instance> {
    const events = new WebSocket(`${started.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${started.key}` },
    })
    await once(events, "open")
    return new Instance(name, started, events)
  }

  /** Throws where the peer refuses, and `NoAnswer` where it is gone. */
  async call<T>(method: string, path: string, shape: z.ZodType<T>, body?: unknown): Promise<T> {
    const { status, text } = await askDaemon({ method, url: this.#api + path, key: this.#key, body })
    if (status >= 300) throw new Error(`${this.name} answered ${method} ${path} with ${status}: ${text}`)
    return shape.parse(text === "" ? undefined : JSON.parse(text))
  }

  /** What a window would be told from here on, and when the frame came. Returns what ends it. */
  listen(listener: (event: InstanceEvent, at: number) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** When the next event of this type comes. */
  async next(type: InstanceEvent["type"], signal: AbortSignal): Promise<number> {
    return await new Promise((resolve, reject) => {
      const end = this.listen((event, at) => {
        if (event.type !== type) return
        end()
        resolve(at)
      })
      signal.addEventListener("abort", () => {
        end()
        reject(signal.reason)
      })
    })
  }

  [Symbol.dispose](): void {
    this.#events.terminate()
  }
}

/** Looks again and again; throws `TookTooLong` after `milliseconds`. */
export async function until(
  what: string,
  condition: () => Promise<boolean>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  const deadline = monotonic() + milliseconds
  while (!(await condition())) {
    signal.throwIfAborted()
    if (monotonic() > deadline) throw new TookTooLong(`${what} did not come about within ${milliseconds / 1000} s`)
    await pause(LOOK_EACH, undefined, { signal })
  }
}
