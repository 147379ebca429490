import type { IncomingMessage, Server } from "node:http"
import type { Duplex } from "node:stream"
import { WebSocketServer, type WebSocket } from "ws"
import type { EventHub } from "./event-hub.ts"
import { Fault } from "./fault.ts"

/** A client that lets this much pile up is cut off; it reads afresh when it comes back. */
const MOST_BUFFERED_BYTES = 1 << 20

/**
 * Serves `WS /api/events` on `server`: every event as one JSON frame; what clients send is ignored.
 * `admit` throws `Fault` for those who may not listen. Returns what closes all sockets.
 */
export function serveEvents(server: Server, hub: EventHub, admit: (request: IncomingMessage) => void): () => void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  const streams = new WeakMap<WebSocket, Duplex>()
  const unsubscribe = hub.subscribe((event) => {
    const frame = JSON.stringify(event)
    for (const socket of sockets.clients) {
      if (socket.bufferedAmount > MOST_BUFFERED_BYTES) socket.terminate()
      else sendTogether(socket, frame, streams.get(socket))
    }
  })
  sockets.on("connection", (socket) => socket.on("error", () => socket.terminate()))
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on("error", () => socket.destroy())
    try {
      admit(request)
      if (URL.parse(request.url ?? "/", "http://localhost")?.pathname !== "/api/events") {
        throw new Fault(404, "not-found", "the only WebSocket is /api/events")
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      refuse(socket, error)
      return
    }
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      streams.set(accepted, socket)
      sockets.emit("connection", accepted, request)
    })
  })
  return () => {
    unsubscribe()
    for (const socket of sockets.clients) socket.terminate()
    sockets.close()
  }
}

/** What one step tells goes out in one write. */
function sendTogether(socket: WebSocket, frame: string, stream: Duplex | undefined): void {
  stream?.cork()
  socket.send(frame)
  if (stream !== undefined) process.nextTick(() => stream.uncork())
}

function refuse(socket: Duplex, fault: Fault): void {
  const body = JSON.stringify({ error: { code: fault.code, message: fault.message } })
  socket.end(
    [
      `HTTP/1.1 ${fault.status} Refused`,
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
      "",
      body,
    ].join("\r\n"),
  )
}
