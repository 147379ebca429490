import { createServer, type IncomingMessage, type Server } from "node:http"
import type { Duplex } from "node:stream"
import type { PhoneTap } from "@starling/eaas"
import type { Bytes } from "@starling/kernel"
import { WebSocketServer, type WebSocket } from "ws"
import { listen } from "../api/listen.ts"
import { reachableAddresses } from "./addresses.ts"
import { encodePairingCode, PAIRING_KEY_BYTES } from "./pairing-code.ts"
import { MAX_PHONE_FRAME_BYTES } from "./phone-messages.ts"
import { PhoneSession } from "./phone-session.ts"

export const PHONE_PATH = "/phone"

/** Connections that may be open at a time, those that have shown nothing yet included. */
const MOST_CONNECTIONS = 16

/** Keeps the pairing key. */
export interface PairingShelf {
  load(): Bytes | undefined
  /** Durable when it returns. */
  save(key: Bytes): void
}

export interface PhoneDoorOptions {
  /** 127.0.0.1 for a phone that this peer runs on; an address of the local network for a phone beside it. */
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly tap: PhoneTap
  readonly shelf: PairingShelf
  readonly random: (length: number, purpose: string) => Bytes
}

/**
 * Where the phone of this peer's person comes in, by WebSocket: it takes the request to the Local Provider, and brings the
 * answer. One phone is paired at a time. Pages of a browser are turned away.
 */
export class PhoneDoor implements AsyncDisposable {
  readonly port: number
  readonly #options: PhoneDoorOptions
  readonly #server: Server
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_PHONE_FRAME_BYTES,
    perMessageDeflate: false,
  })

  private constructor(options: PhoneDoorOptions, server: Server, port: number) {
    this.#options = options
    this.#server = server
    this.port = port
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => this.#admit(request, socket, head))
  }

  /** Throws `Fault` `port-taken`. */
  static async open(options: PhoneDoorOptions): Promise<PhoneDoor> {
    const server = createServer((_, response) => response.writeHead(404).end())
    const port = await listen(server, options.host, options.port)
    return new PhoneDoor(options, server, port)
  }

  /** A fresh code. The phone that was paired before is paired no more. */
  pair(): string {
    const { shelf, random, host } = this.#options
    const key = random(PAIRING_KEY_BYTES, "phone pairing key")
    shelf.save(key)
    for (const socket of this.#sockets.clients) socket.terminate()
    return encodePairingCode({ key, addresses: reachableAddresses(host, this.port) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate()
    this.#sockets.close()
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
  }

  #admit(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy())
    const key = this.#options.shelf.load()
    const isPage = request.headers.origin !== undefined
    const isFull = this.#sockets.clients.size >= MOST_CONNECTIONS
    if (request.url !== PHONE_PATH || isPage || isFull || key === undefined) {
      socket.end("HTTP/1.1 403 Refused\r\nconnection: close\r\n\r\n")
      return
    }
    this.#sockets.handleUpgrade(request, socket, head, (accepted) => this.#talk(accepted, key))
  }

  #talk(socket: WebSocket, key: Bytes): void {
    const { tap, random } = this.#options
    new PhoneSession(socket, key, tap, random).start()
  }
}
