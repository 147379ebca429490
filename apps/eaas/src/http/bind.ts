import { once } from "node:events"
import type { Server } from "node:http"
import type { Server as TlsServer } from "node:https"

export interface Listener extends AsyncDisposable {
  readonly port: number
}

export const LOOPBACK = "127.0.0.1"

/** How long a client may take: for a request, and for its head alone. In milliseconds. */
export const SERVER_PATIENCE = { requestTimeout: 30_000, headersTimeout: 10_000 } as const

/** Time that requests under way have to end when the server stops. In milliseconds. */
const GRACE = 3_000

/** Has a server listen on a port of `host`; 0 takes a free one. Once disposed of, it has ended, and so have its connections. */
export async function bind(server: Server | TlsServer, port: number, host: string): Promise<Listener> {
  server.listen(port, host)
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("a server without a port")
  return {
    port: address.port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close")
      server.close()
      server.closeIdleConnections()
      const timer = setTimeout(() => server.closeAllConnections(), GRACE)
      await closed
      clearTimeout(timer)
    },
  }
}
