import type { ApiEvent } from "@starling/peer/contract"

export interface EventHandlers {
  /** The line is open; whatever happened before was not told. */
  readonly opened: () => void
  readonly event: (event: ApiEvent) => void
  readonly lost: () => void
}

const FIRST_PAUSE = 500
const LONGEST_PAUSE = 5_000

/** Keeps a WebSocket to the daemon until `signal` aborts, and tries again with growing pauses where it breaks. */
export function followEvents(handlers: EventHandlers, signal: AbortSignal): void {
  let pause = FIRST_PAUSE
  const connect = () => {
    if (signal.aborted) return
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/events`)
    const stop = () => socket.close()
    signal.addEventListener("abort", stop, { once: true })
    socket.addEventListener("open", () => {
      pause = FIRST_PAUSE
      handlers.opened()
    })
    socket.addEventListener("message", ({ data }) => {
      const event: ApiEvent = JSON.parse(String(data))
      handlers.event(event)
    })
    socket.addEventListener("close", () => {
      signal.removeEventListener("abort", stop)
      if (signal.aborted) return
      handlers.lost()
      setTimeout(connect, pause)
      pause = Math.min(pause * 2, LONGEST_PAUSE)
    })
  }
  connect()
}
