import { join } from "node:path"
import { setFlagsFromString } from "node:v8"

import { LocalProvider, localProviderIdOf, type AuthenticationServer } from "@starling/eaas"
import { toHex } from "@starling/kernel"
import { CertificateAuthority } from "../certificates/certificate-authority.ts"
import { emptyApp } from "../http/frames.ts"
import {
  authenticationRoutes,
  discoveryRoutes,
  healthRoutes,
  linkHealthRoutes,
  localProviderRoutes,
  sourceRoutes,
  userRoutes,
  validationRoutes,
} from "../http/roles.ts"
import { listen } from "../http/serve.ts"
import type { CommandOf } from "../config.ts"
import { openDatabase } from "../database/open-database.ts"
import { KME_AUTHORITY, startKmePair } from "../kme/kme-pair.ts"
import type { Log } from "../log.ts"
import { serveReaders, type Branch } from "../nfc/serve-readers.ts"
import { roleKey } from "../role-keys.ts"
import { ByTheMinute } from "../operations/by-the-minute.ts"
import { openOperations, readyRoutes } from "../operations/open-operations.ts"
import { databaseCheck, epochCheck, sourceCheck } from "../operations/readiness.ts"
import { authenticationFigures, linkFigures, validationFigures } from "../operations/role-figures.ts"
import { openOperatorDoor } from "../operator.ts"
import { PlatformSource } from "../source/platform-source.ts"
import { platformOf, startAuthentication, startValidation } from "./parts.ts"
import { openFrom, PVS_SAE, saeOfProvider, sealFor } from "./quantum-channel.ts"
import type { Running } from "./ready.ts"
import { inPlace, verifierPool } from "./verifiers.ts"

/** Who an embedded platform belongs to. */
const OWNER = "this peer"
const BRANCHES = ["first branch", "second branch"]

/** All roles in this process: the AS, the PVS and two Local Providers, who speak to each other as if they were apart. */
export async function startAll(command: CommandOf<"all">, log: Log): Promise<Running> {
  // Optimising PostgreSQL's code takes 400 MB at the start, and pays off under a load that one user never makes.
  if (command.embedded) setFlagsFromString("--wasm-tiering-budget=1000000000")
  await using stack = new AsyncDisposableStack()
  const database = stack.use(await openDatabase(command))
  const keys = join(command.data, "keys")
  const asKey = roleKey(keys, "as")
  const pvsKey = roleKey(keys, "pvs")
  const branches = BRANCHES.map((name, i) => ({ name, key: roleKey(keys, `lp-${i + 1}`), path: `/lp/${i + 1}` }))

  const source = stack.use(await PlatformSource.open(command.data, command.source, log))
  const localProviderKeys = branches.map(({ key }) => key.publicKey)
  // One user's proofs are verified in place.
  const verifier = command.embedded ? inPlace : stack.use(verifierPool(command.threads))
  const counts = new ByTheMinute(Date.now)
  const { pvs } = stack.use(
    await startValidation({
      database,
      verifier,
      key: pvsKey,
      authenticationKey: asKey.publicKey,
      localProviderKeys,
      source: source.bytes,
      observe: (outcome) => counts.add(outcome),
    }),
  )
  const { as } = stack.use(
    await startAuthentication(
      { database, key: asKey, validationKey: pvsKey.publicKey, validation: pvs },
      { epochHours: command.epochHours, sealOnRegistration: command.embedded },
      log,
    ),
  )
  const link = stack.use(
    await startKmePair(
      {
        platformSaes: [PVS_SAE],
        branchSaes: localProviderKeys.map(saeOfProvider),
        ports: [0, 0],
        interception: command.eavesdropper,
        authority: await CertificateAuthority.create(KME_AUTHORITY, Date.now()),
      },
      log,
    ),
  )
  const accessOf = async (sae: string) => ({ url: link.urlFor(sae), credentials: await link.credentialsFor(sae) })
  const saes = new Map(localProviderKeys.map((key) => [toHex(localProviderIdOf(key)), saeOfProvider(key)]))
  const channel = { policy: command.onShortKey, production: false }
  const { validation: sealed } = stack.use(sealFor(pvs, await accessOf(PVS_SAE), saes, channel, log))
  const app = emptyApp(log)
  const platform = platformOf({
    authenticationKey: asKey.publicKey,
    validationKey: pvsKey.publicKey,
    localProviders: branches.map(({ key, name, path }) => ({ publicKey: key.publicKey, name, url: `${path}/` })),
    embedded: command.embedded,
    simulatedSource: source.health.simulated,
  })
  app.route("/", healthRoutes(source))
  app.route(
    "/.well-known",
    discoveryRoutes(() => platform),
  )
  app.route(
    "/health/quantum-channel",
    linkHealthRoutes(() => link.health()),
  )
  app.route("/as", authenticationRoutes(as))
  app.route("/pvs", validationRoutes(sealed))
  const served: Branch[] = []
  for (const [i, { key, path }] of branches.entries()) {
    const { validation } = stack.use(openFrom(sealed, await accessOf(saeOfProvider(key.publicKey)), PVS_SAE, log))
    const provider = new LocalProvider(key, validation)
    app.route(path, localProviderRoutes(provider))
    served.push({ provider, readers: command.reader.slice(i, i + 1) })
  }
  stack.use(await serveReaders(served, log))
  const checks = { ...databaseCheck(database), ...epochCheck(as, Date.now), ...sourceCheck(source) }
  app.route("/", readyRoutes(checks))
  const figures = [
    ...authenticationFigures(as),
    ...validationFigures(source, counts),
    ...linkFigures(() => link.health()),
  ]
  const door = stack.use(openOperatorDoor(command.data, app, userRoutes(as), sourceRoutes(source)))
  const { port } = stack.use(await listen(app, command.port, command.listen))
  const settings = { role: "Entropy-as-a-Service platform", checks, figures, at: command.operations }
  const operations = await openOperations(settings, stack, log)
  const url = `http://127.0.0.1:${port}`
  door.announce(url)
  const enrolment = command.embedded ? await codeOfOwner(as, command.quota) : undefined

  const running = stack.move()
  return {
    ready: {
      ready: true,
      url: `${url}/`,
      as: `${url}/as/`,
      pvs: `${url}/pvs/`,
      lp: branches.map(({ path }) => `${url}${path}/`),
      ...(operations !== undefined && { operations }),
      ...(enrolment !== undefined && { enrolment }),
    },
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}

/** A code that still works after a crash between registration and receipt: each start makes a new one. */
async function codeOfOwner(as: AuthenticationServer, quota: number): Promise<string> {
  const code = (await as.addUser(OWNER, quota)) ?? (await as.renewCode(OWNER))
  if (code === undefined) throw new Error("the owner of an embedded platform is neither new nor known")
  return code
}
