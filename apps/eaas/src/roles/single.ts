import { join } from "node:path"

import { LocalProvider, localProviderIdOf, type ValidationApi } from "@starling/eaas"
import { fromHex, toHex, type Bytes } from "@starling/kernel"
import type { Hono } from "hono"
import type { CommandOf } from "../config.ts"
import { openDatabase } from "../database/open-database.ts"
import { emptyApp } from "../http/frames.ts"
import { HttpValidation } from "../http/http-validation.ts"
import {
  aliveRoutes,
  authenticationRoutes,
  discoveryRoutes,
  healthRoutes,
  localProviderRoutes,
  sourceRoutes,
  userRoutes,
  validationRoutes,
} from "../http/roles.ts"
import { LOOPBACK } from "../http/bind.ts"
import { listen } from "../http/serve.ts"
import type { Log } from "../log.ts"
import { serveReaders } from "../nfc/serve-readers.ts"
import { ByTheMinute } from "../operations/by-the-minute.ts"
import { openOperations, readyRoutes, type OperationsSettings } from "../operations/open-operations.ts"
import { databaseCheck, epochCheck, sourceCheck } from "../operations/readiness.ts"
import { authenticationFigures, validationFigures } from "../operations/role-figures.ts"
import { openOperatorDoor } from "../operator.ts"
import { roleKey } from "../role-keys.ts"
import { PlatformSource } from "../source/platform-source.ts"
import { SourceOfPvs } from "../source/source-of-pvs.ts"
import { openCertifiedDoor } from "./certified-door.ts"
import { platformOf, startAuthentication, startValidation } from "./parts.ts"
import { accessOf, openFrom, requireKme, saeOfProvider, sealFor } from "./quantum-channel.ts"
import { requireProduction } from "./production.ts"
import type { Running } from "./ready.ts"
import { verifierPool } from "./verifiers.ts"

/** The Authentication Server alone; clients begin here. */
export async function startAs(command: CommandOf<"as">, log: Log): Promise<Running> {
  if (command.production) requireProduction({})
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(command))
  const key = roleKey(join(command.data, "keys"), "as")
  const validationKey = hex(command.pvsKey)
  const validation = new HttpValidation(command.pvs)
  const { as } = stack.use(
    await startAuthentication(
      { database, key, validationKey, validation },
      { epochHours: command.epochHours, sealOnRegistration: false },
      log,
    ),
  )
  const localProviders = command.lp.map((lp) => ({ ...lp, publicKey: hex(lp.publicKey) }))
  const app = emptyApp(log)
  const source = stack.use(await SourceOfPvs.watch(command.pvs))
  if (command.production)
    requireProduction({ "the source of the PVS is simulated, or can't be asked": source.simulated })
  const certified = await openCertifiedDoor(command, as, stack, log)
  const parts = { authenticationKey: key.publicKey, validationKey, localProviders, embedded: false, certified }
  app.route(
    "/.well-known",
    discoveryRoutes(() => platformOf({ ...parts, simulatedSource: source.simulated })),
  )
  app.route("/", aliveRoutes())
  app.route("/as", authenticationRoutes(as))
  const checks = { ...databaseCheck(database), ...epochCheck(as, Date.now) }
  const operations = { role: "Authentication Server", checks, figures: authenticationFigures(as) }
  const door = stack.use(openOperatorDoor(command.data, app, userRoutes(as)))
  const running = await serve(app, command, { name: "as", key: key.publicKey, operations }, stack, log)
  door.announce(new URL(running.ready.url).origin)
  return running
}

/** The Proof Validation Server alone, with the source. */
export async function startPvs(command: CommandOf<"pvs">, log: Log): Promise<Running> {
  if (command.production)
    requireProduction({
      "the quantum source is simulated": command.source.kind === "simulator",
      ...withoutKme(command),
    })
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(command))
  const key = roleKey(join(command.data, "keys"), "pvs")
  const verifier = stack.use(verifierPool(command.threads))
  const source = stack.use(await PlatformSource.open(command.data, command.source, log))
  const localProviderKeys = command.lpKey.map(hex)
  const counts = new ByTheMinute(Date.now)
  const { pvs } = stack.use(
    await startValidation({
      database,
      verifier,
      key,
      authenticationKey: hex(command.asKey),
      localProviderKeys,
      source: source.bytes,
      restored: command.restored,
      observe: (outcome) => counts.add(outcome),
    }),
  )
  const app = emptyApp(log)
  app.route("/", healthRoutes(source))
  app.route("/pvs", validationRoutes(await sealedAt(command, pvs, localProviderKeys, stack, log)))
  const checks = { ...databaseCheck(database), ...sourceCheck(source) }
  const operations = { role: "Proof Validation Server", checks, figures: validationFigures(source, counts) }
  const door = stack.use(openOperatorDoor(command.data, app, sourceRoutes(source)))
  const running = await serve(app, command, { name: "pvs", key: key.publicKey, operations }, stack, log)
  door.announce(new URL(running.ready.url).origin)
  return running
}

/** The PVS as its Local Providers reach it: over the quantum channel, where there is a KME. */
async function sealedAt(
  command: CommandOf<"pvs">,
  pvs: ValidationApi,
  localProviderKeys: readonly Uint8Array[],
  stack: AsyncDisposableStack,
  log: Log,
): Promise<ValidationApi> {
  const access = accessOf(command)
  if (access === undefined) return pvs
  const given = new Map(command.lpSae)
  const saeOf = (key: Uint8Array): string => given.get(toHex(key)) ?? saeOfProvider(key)
  const saes = new Map(localProviderKeys.map((key) => [toHex(localProviderIdOf(key)), saeOf(key)]))
  const [first = ""] = saes.values()
  await requireKme(access, first, command.production)
  const { onShortKey: policy, production } = command
  return stack.use(sealFor(pvs, access, saes, { policy, production }, log)).validation
}

async function openedAt(
  command: CommandOf<"lp">,
  pvs: ValidationApi,
  stack: AsyncDisposableStack,
  log: Log,
): Promise<ValidationApi> {
  const access = accessOf(command)
  if (access === undefined) return pvs
  await requireKme(access, command.pvsSae, command.production)
  return stack.use(openFrom(pvs, access, command.pvsSae, log)).validation
}

/** A Local Provider alone. It keeps nothing but its key. */
export async function startLp(command: CommandOf<"lp">, log: Log): Promise<Running> {
  if (command.production) requireProduction(withoutKme(command))
  await using stack = new AsyncDisposableStack()
  const key = roleKey(join(command.data, "keys"), "lp")
  const app = emptyApp(log)
  const validation = await openedAt(command, new HttpValidation(command.pvs), stack, log)
  const provider = new LocalProvider(key, validation)
  app.route("/lp", localProviderRoutes(provider))
  stack.use(await serveReaders([{ provider, readers: command.reader }], log))
  log("local provider", { id: toHex(localProviderIdOf(key.publicKey)) })
  app.route("/", aliveRoutes())
  const operations = { role: "Local Provider", checks: {}, figures: [] }
  return await serve(app, command, { name: "lp", key: key.publicKey, operations }, stack, log)
}

function withoutKme({ kme }: CommandOf<"pvs" | "lp">): Readonly<Record<string, boolean>> {
  return { "no KME is given": kme === undefined }
}

interface Role {
  readonly name: "as" | "pvs" | "lp"
  readonly key: Uint8Array
  readonly operations: Omit<OperationsSettings, "at">
}

async function serve(
  app: Hono,
  command: CommandOf<"as" | "pvs" | "lp">,
  { name: role, key, operations }: Role,
  stack: AsyncDisposableStack,
  log: Log,
): Promise<Running> {
  app.route("/", readyRoutes(operations.checks))
  const listener = stack.use(await listen(app, command.port, command.listen))
  const watched = await openOperations({ ...operations, at: command.operations }, stack, log)
  const origin = `http://${reachable(command.listen)}:${listener.port}`
  const running = stack.move()
  const address = `${origin}/${role}/`
  return {
    ready: {
      ready: true,
      url: role === "as" ? `${origin}/` : address,
      ...(role === "lp" ? { lp: [address] } : { [role]: address }),
      ...(watched !== undefined && { operations: watched }),
      key: toHex(key),
    },
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}

/** From this machine, where a server listens on all of its addresses. */
function reachable(host: string): string {
  return host === "0.0.0.0" || host === "::" ? LOOPBACK : host
}

function hex(text: string): Bytes {
  const bytes = fromHex(text)
  if (bytes === undefined) throw new TypeError("a key that passed a check is not hexadecimal")
  return bytes
}
