import { once } from "node:events"

import { WebSocket } from "ws"

import { askDaemon } from "../ask-daemon.ts"
import type { StartedInstance } from "./host-messages.ts"
import type { Line } from "./instance.ts"

/** To an instance on this machine: HTTP, and the WebSocket that a window listens to. */
export class LocalLine implements Line {
  readonly #api: string
  readonly #key: string
  readonly #events: WebSocket

  private constructor({ api, key }: StartedInstance, events: WebSocket) {
    this.#api = api
    this.#key = key
    this.#events = events
    events.on("error", () => events.terminate())
  }

  static async open(started: StartedInstance): Promise<LocalLine> {
    const events = new WebSocket(`${started.api.replace("http", "ws")}/api/events`, {
      headers: { authorization: `Bearer ${started.key}` },
    })
    await once(events, "open")
    return new LocalLine(started, events)
  }

  async ask(method: string, path: string, body?: unknown) {
    return await askDaemon({ method, url: this.#api + path, key: this.#key, body, alone: true })
  }

  onFrame(listener: (frame: string) => void): void {
    this.#events.on("message", (frame: Buffer) => listener(frame.toString()))
  }

  [Symbol.dispose](): void {
    this.#events.terminate()
  }
}
