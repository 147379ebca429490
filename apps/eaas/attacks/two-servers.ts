import type { HttpBindings } from "@hono/node-server"
import {
  AuthenticationServer,
  discover,
  LocalProvider,
  ProofValidationServer,
  serviceIdOf,
  SigningKey,
  type Database,
  type Platform,
  type Verifier,
} from "@starling/eaas"
import { HOUR, memoryDatabase } from "@starling/eaas/test-platform"
import { simulatedQrng } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { toHex } from "@starling/kernel"
import { Hono } from "hono"
import { emptyApp } from "../src/http/frames.ts"
import { HttpValidation } from "../src/http/http-validation.ts"
import { authenticationRoutes, discoveryRoutes, localProviderRoutes, validationRoutes } from "../src/http/roles.ts"
import { listen } from "../src/http/serve.ts"
import { logTo } from "../src/log.ts"
import { platformOf } from "../src/roles/parts.ts"

/** One exchange, as the server that answered it could have kept it. */
export interface Exchange {
  readonly at: number
  /** Whether its connection served another one before. */
  readonly sameConnection: boolean
  /** Method, path and headers. */
  readonly head: string
  /** In hexadecimal. */
  readonly body: string
}

/** All that one server has: what came in, what it wrote to its log, and what is in its database, in the order of the rows. */
export interface Record {
  readonly exchanges: readonly Exchange[]
  readonly log: readonly string[]
  rows(): Promise<readonly string[]>
}

/** AS and PVS apart, each with its key, database and log, over HTTP; both keep everything. The clock is set by hand. */
export interface TwoServers extends AsyncDisposable {
  readonly clock: { time: number; now(): number }
  readonly as: AuthenticationServer
  readonly platform: Platform
  readonly atAs: Record
  readonly atPvs: Record
}

const patience = AbortSignal.timeout(2 * HOUR)
const random = { draw: (length: number) => osEntropy(length) }

export async function twoServers(verifier: Verifier): Promise<TwoServers> {
  await using stack = new AsyncDisposableStack()
  const clock = { time: 1_800_000_000_000, now: () => clock.time }
  const [asKey, pvsKey, lpKey] = [newKey(), newKey(), newKey()]
  const service = serviceIdOf(asKey.publicKey, pvsKey.publicKey)
  const databases = [stack.use(await memoryDatabase()), stack.use(await memoryDatabase())] as const
  const [atAs, atPvs] = [recorder(databases[0], clock), recorder(databases[1], clock)]

  const localProviders = new Map([[toHex(new LocalProvider(lpKey, nowhere).id), lpKey.publicKey]])
  const source = simulatedQrng(osEntropy)
  const common = { service, random, clock, authenticationKey: asKey.publicKey, localProviders, source, verifier }
  const pvs = await ProofValidationServer.open({ ...common, database: databases[1], key: pvsKey, capacity: 1024 })
  const pvsApp = atPvs.app()
  pvsApp.route("/pvs", validationRoutes(pvs))
  const pvsUrl = await serve(pvsApp, stack)

  const lpApp = emptyApp(() => {})
  lpApp.route("/lp", localProviderRoutes(new LocalProvider(lpKey, new HttpValidation(`${pvsUrl}/pvs/`))))
  const lpUrl = await serve(lpApp, stack)

  const as = await AuthenticationServer.open(
    {
      database: databases[0],
      key: asKey,
      validationKey: pvsKey.publicKey,
      service,
      validation: new HttpValidation(`${pvsUrl}/pvs/`),
      random,
      clock,
    },
    { epochLength: 24 * HOUR, sealOnRegistration: false },
  )
  const asApp = atAs.app()
  const keys = { authenticationKey: asKey.publicKey, validationKey: pvsKey.publicKey }
  const entry = { publicKey: lpKey.publicKey, name: "library", url: `${lpUrl}/lp/` }
  const described = platformOf({ ...keys, localProviders: [entry], embedded: false, simulatedSource: true })
  asApp.route("/as", authenticationRoutes(as))
  asApp.route(
    "/.well-known",
    discoveryRoutes(() => described),
  )
  const { platform } = await discover(await serve(asApp, stack), patience)
  const running = stack.move()
  return { clock, as, platform, atAs, atPvs, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}

function recorder(database: Database, clock: { now(): number }): Record & { app(): Hono } {
  const exchanges: Exchange[] = []
  const log: string[] = []
  const connections = new WeakSet()
  return {
    exchanges,
    log,
    rows: async () => await rowsOf(database),
    app() {
      const app = emptyApp(
        logTo(
          (line) => log.push(line),
          () => clock.now(),
        ),
      )
      const recording = new Hono<{ Bindings: HttpBindings }>().use(async (context, next) => {
        const { incoming } = context.env
        const sameConnection = connections.has(incoming.socket)
        connections.add(incoming.socket)
        const body = toHex(new Uint8Array(await context.req.arrayBuffer()))
        const head = [incoming.method, incoming.url, ...incoming.rawHeaders].join("\n")
        exchanges.push({ at: clock.now(), sameConnection, head, body })
        await next()
      })
      app.route("/", recording)
      return app
    },
  }
}

/** Every row of every table, in the order in which they lie there. */
async function rowsOf(database: Database): Promise<readonly string[]> {
  const tables = await database.query(
    "select table_name from information_schema.tables where table_schema = 'public' order by table_name",
  )
  const rows: string[] = []
  for (const { table_name: table } of tables) {
    for (const row of await database.query(`select * from ${String(table)} order by ctid`)) {
      const values = Object.entries(row).map(([name, value]) => `${name}=${textOf(value)}`)
      rows.push([String(table), ...values].join("\n"))
    }
  }
  return rows
}

function textOf(value: unknown): string {
  if (value instanceof Date) return value.toISOString()
  return value instanceof Uint8Array ? toHex(value) : String(value)
}

async function serve(app: Hono, stack: AsyncDisposableStack): Promise<string> {
  return `http://127.0.0.1:${stack.use(await listen(app, 0)).port}`
}

function newKey(): SigningKey {
  return new SigningKey(osEntropy(32))
}

const nowhere = new HttpValidation("http://nowhere.invalid/")
