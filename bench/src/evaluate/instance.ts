import { z } from "zod"

import { monotonic } from "./clock.ts"
import type { StartedInstance } from "./host-messages.ts"
import { setTimeout as pause } from "node:timers/promises"

const Event = z.discriminatedUnion("type", [
  z.object({ type: z.literal("message"), message: z.object({ id: z.string(), group: z.string(), text: z.string() }) }),
  z.object({ type: z.enum(["status", "nearby", "contacts", "invitations", "groups"]) }),
  z.object({ type: z.enum(["group", "delivery", "entropy", "trouble"]) }),
])
type InstanceEvent = z.infer<typeof Event>

/** The way to the local API of an instance, wherever it runs. */
export interface Line extends Disposable {
  /** Throws `NoAnswer` where the instance is gone. */
  ask(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly text: string }>
  /** Called with each frame of the WebSocket, as it comes. */
  onFrame(listener: (frame: string) => void): void
}

/** Between two looks whether something has come about. */
const LOOK_EACH = 200

/** What a run waits for did not come about. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong"
}

/** One peer of a run, driven over its local API as a window drives it. */
export class Instance implements Disposable {
  readonly name: string
  readonly identity: string
  readonly peerId: string
  readonly startMs: number
  /** On which machine of the run it is; 0 is that of whoever leads it. */
  readonly machine: number
  readonly #line: Line
  readonly #listeners = new Set<(event: InstanceEvent, at: number) => void>()

  constructor(
    name: string,
    machine: number,
    { identity, peerId, startMs }: Omit<StartedInstance, "api" | "key">,
    line: Line,
  ) {
    this.name = name
    this.machine = machine
    this.identity = identity
    this.peerId = peerId
    this.startMs = startMs
    this.#line = line
    line.onFrame((frame) => {
      const at = monotonic()
      const event = Event.parse(JSON.parse(frame))
      for (const listener of this.#listeners) listener(event, at)
    })
  }

  /** Throws where the peer refuses, and `NoAnswer` where it is gone. */
  async call<T>(method: string, path: string, shape: z.ZodType<T>, body?: unknown): Promise<T> {
    const { status, text } = await this.#line.ask(method, path, body)
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
    this.#line[Symbol.dispose]()
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
