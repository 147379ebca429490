import { once } from "node:events"
import { Server } from "node:http"

import { createAdaptorServer } from "@hono/node-server"
import type { Hono } from "hono"

export interface Listener extends AsyncDisposable {
  readonly port: number
}

export const LOOPBACK = "127.0.0.1"

/** Time that requests under way have to end when the server stops. In milliseconds. */
const GRACE = 3_000

/** Binds `app` to a port of `host`; 0 takes a free one. What it has to serve is mounted later, before use. */
export async function listen(app: Hono, port: number, host = LOOPBACK): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: app.fetch,
    serverOptions: { requestTimeout: 30_000, headersTimeout: 10_000 },
  })
  if (!(server instanceof Server)) throw new TypeError("not an HTTP/1 server")
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
