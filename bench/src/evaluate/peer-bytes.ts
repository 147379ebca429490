import { subscribe } from "node:diagnostics_channel"
import { Socket } from "node:net"

/** Counts the bytes of this process over TCP, but for connections with the ports that are no peer's. */
export class PeerBytes {
  readonly #others: Set<number>
  readonly #open = new Set<Socket>()
  #sent = 0
  #received = 0

  /** `others`: ports of servers that are no peers. Connections that were open before are not counted. */
  constructor(others: Iterable<number> = []) {
    this.#others = new Set(others)
    const watch = (message: unknown): void => {
      if (!isAboutSocket(message)) return
      const { socket } = message
      this.#open.add(socket)
      socket.once("close", () => {
        this.#open.delete(socket)
        if (this.#isOther(socket)) return
        this.#sent += socket.bytesWritten
        this.#received += socket.bytesRead
      })
    }
    subscribe("net.client.socket", watch)
    subscribe("net.server.socket", watch)
  }

  leaveOut(port: number): void {
    this.#others.add(port)
  }

  total(): { readonly sent: number; readonly received: number } {
    let [sent, received] = [this.#sent, this.#received]
    for (const socket of this.#open) {
      if (this.#isOther(socket)) continue
      sent += socket.bytesWritten
      received += socket.bytesRead
    }
    return { sent, received }
  }

  #isOther({ localPort = 0, remotePort = 0 }: Socket): boolean {
    return this.#others.has(localPort) || this.#others.has(remotePort)
  }
}

function isAboutSocket(message: unknown): message is { readonly socket: Socket } {
  return typeof message === "object" && message !== null && "socket" in message && message.socket instanceof Socket
}
