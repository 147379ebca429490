import { createServer, type Server } from "node:http"
import { getRequestListener, type HttpBindings } from "@hono/node-server"
import { Hono } from "hono"
import { serveEvents } from "./event-socket.ts"
import type { EventHub } from "./event-hub.ts"
import { Fault } from "./fault.ts"
import { listen } from "./listen.ts"
import { headOf, identifyCaller, requireLocal, securityHeaders, type Caller } from "./guard.ts"
import type { Sessions } from "./session.ts"
import { findAsset, type Assets } from "./static.ts"

/** What Node brings is read as it is: a Request of the web, with its streams, takes longer to make than most calls take. */
export interface ApiEnv {
  readonly Bindings: HttpBindings
  readonly Variables: { readonly caller: Caller; readonly port: number }
}

export interface ApiServerOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly sessions: Sessions
  readonly events: EventHub
  /** Adds the calls under `/api`; callers were identified before. */
  readonly routes: (api: Hono<ApiEnv>) => void
  /** Turns what a route threw into the fault that its caller gets. */
  readonly faultOf: (error: unknown) => Fault
  /** The UI; absent where none is served. */
  readonly assets?: Promise<Assets>
}

/** The local API on 127.0.0.1 (docs/api.md). */
export class ApiServer implements AsyncDisposable {
  readonly #server: Server
  readonly #closeSockets: () => void
  readonly port: number

  private constructor(server: Server, port: number, closeSockets: () => void) {
    this.#server = server
    this.#closeSockets = closeSockets
    this.port = port
  }

  /** Throws `Fault` `port-taken`. */
  static async start(options: ApiServerOptions): Promise<ApiServer> {
    const server = createServer({ requestTimeout: 30_000 })
    const port = await listen(server, "127.0.0.1", options.port)
    const closeSockets = serveEvents(server, options.events, (request) => {
      requireLocal(headOf(request.headers), port)
      identifyCaller(headOf(request.headers), options.sessions, port)
    })
    const handle = getRequestListener(createApp(options, port).fetch, { overrideGlobalObjects: false })
    server.on("request", (request, response) => {
      for (const [name, value] of securityHeaders()) response.setHeader(name, value)
      void handle(request, response)
    })
    return new ApiServer(server, port, closeSockets)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closeSockets()
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
    })
    this.#server.closeAllConnections()
    await closed
  }
}

function createApp(options: ApiServerOptions, port: number): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()
  app.use(async (context, next) => {
    requireLocal(headOf(context.env.incoming.headers), port)
    context.set("port", port)
    await next()
  })
  app.use("/api/*", async (context, next) => {
    if (context.req.path !== "/api/session") {
      context.set("caller", identifyCaller(headOf(context.env.incoming.headers), options.sessions, port))
    }
    await next()
    context.header("cache-control", "no-store")
  })
  options.routes(app)
  app.all("/api/*", () => {
    throw new Fault(404, "not-found", "there is no such call: docs/api.md lists them")
  })
  app.get("*", async (context) => {
    if (options.assets === undefined)
      throw new Fault(404, "not-found", "this daemon serves no UI: it runs with --headless")
    const asset = findAsset(await options.assets, context.req.path)
    if (asset === undefined) throw new Fault(404, "not-found", "there is no such file")
    const cache = asset.immutable ? "public, max-age=31536000, immutable" : "no-cache"
    return context.body(asset.body, 200, { "content-type": asset.type, "cache-control": cache })
  })
  app.onError((error, context) => {
    const fault = options.faultOf(error)
    return context.json({ error: { code: fault.code, message: fault.message } }, fault.status)
  })
  return app
}

/** Throws `Fault` `port-taken`. */
export async function requireFreePort(port: number): Promise<void> {
  const server = createServer()
  await listen(server, "127.0.0.1", port)
  await new Promise((resolve) => server.close(resolve))
}
