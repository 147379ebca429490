import { Server } from "node:http"

import { createAdaptorServer } from "@hono/node-server"
import type { Hono } from "hono"
import { bind, LOOPBACK, SERVER_PATIENCE, type Listener } from "./bind.ts"

/** Binds `app` to a port of `host`; 0 takes a free one. What it has to serve is mounted later, before use. */
export async function listen(app: Hono, port: number, host = LOOPBACK): Promise<Listener> {
  const server = createAdaptorServer({ fetch: app.fetch, serverOptions: SERVER_PATIENCE })
  if (!(server instanceof Server)) throw new TypeError("not an HTTP/1 server")
  return await bind(server, port, host)
}
