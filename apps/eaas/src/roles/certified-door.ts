import { getRequestListener } from "@hono/node-server"
import type { AuthenticationServer } from "@starling/eaas"
import { readCredentials } from "@starling/eaas/node"

import { listenMutualTls } from "../certificates/mutual-tls.ts"
import { RevocationList } from "../certificates/revocation-list.ts"
import { UsageError, type CommandOf } from "../config.ts"
import { every } from "../every.ts"
import { emptyApp } from "../http/frames.ts"
import { certifiedRoutes } from "../http/roles.ts"
import type { Log } from "../log.ts"

/** In milliseconds. */
const REVOCATION_PERIOD = 15_000

/** Opens what users register through by certificate, where a port is given for it; gives its address. Throws `UsageError`. */
export async function openCertifiedDoor(
  command: CommandOf<"as">,
  as: AuthenticationServer,
  stack: AsyncDisposableStack,
  log: Log,
): Promise<string | undefined> {
  const { tlsPort, tlsFiles, crl } = command
  if (tlsPort === undefined && tlsFiles === undefined) return undefined
  if (tlsPort === undefined || tlsFiles === undefined)
    throw new UsageError("--tls-port and --tls-files belong together.")
  const credentials = readCredentials(tlsFiles)
  const list = crl === undefined ? undefined : new RevocationList(crl, credentials.authority)
  const revoked = async (): Promise<ReadonlySet<string>> => (await list?.serials()) ?? new Set()
  await enforce(as, revoked, log)
  stack.use(
    every(REVOCATION_PERIOD, async () => {
      // A list that can't be read closes the door, as each registration reads it; who is in stays until it can be read.
      await enforce(as, revoked, log).catch((error: unknown) =>
        log("revocations not read", { why: error instanceof Error ? error.message : "unknown" }),
      )
    }),
  )
  const app = emptyApp(log)
  app.route("/as", certifiedRoutes(as, { quota: command.certifiedQuota, revoked }))
  const server = { credentials, host: command.listen, port: tlsPort, minVersion: "TLSv1.3" } as const
  const answer = getRequestListener(app.fetch)
  const { port } = stack.use(await listenMutualTls(server, (request, response) => void answer(request, response)))
  return command.certifiedUrl ?? `https://127.0.0.1:${port}/as/`
}

async function enforce(as: AuthenticationServer, revoked: () => Promise<ReadonlySet<string>>, log: Log): Promise<void> {
  const users = await as.revokeCertificates([...(await revoked())])
  if (users > 0) log("certificates revoked", { users })
}
