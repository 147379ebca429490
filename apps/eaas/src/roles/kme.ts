import { join } from "node:path"

import { writeCredentials } from "@starling/eaas/node"

import type { CommandOf } from "../config.ts"
import { lockFolder } from "../database/folder-lock.ts"
import type { CertificateAuthority } from "../certificates/certificate-authority.ts"
import { AuthorityFolder } from "../certificates/authority-folder.ts"
import { KME_AUTHORITY, startKmePair } from "../kme/kme-pair.ts"
import type { Log } from "../log.ts"
import type { Running } from "./ready.ts"

/**
 * A pair of KMEs over a simulated link, for roles in processes of their own. What each SAE needs to reach its KME is in
 * `saes/NAME` of the data folder, made anew with each start; what it was given before stays good.
 */
export async function startKmes(command: CommandOf<"kme">, log: Log): Promise<Running> {
  await using stack = new AsyncDisposableStack()
  stack.defer(lockFolder(command.data))
  const pair = stack.use(
    await startKmePair(
      {
        platformSaes: command.platformSae,
        branchSaes: command.branchSae,
        // The platform's end takes the port that was asked for, the branches' end the next one.
        ports: command.port === 0 ? [0, 0] : [command.port, command.port + 1],
        interception: command.eavesdropper,
        authority: await authorityIn(join(command.data, "authority")),
      },
      log,
    ),
  )
  const saes = [...command.platformSae, ...command.branchSae]
  const accesses = saes.map(async (sae) => {
    const files = join(command.data, "saes", encodeURIComponent(sae))
    writeCredentials(files, await pair.credentialsFor(sae))
    return [sae, { url: pair.urlFor(sae), files }] as const
  })
  const kme = Object.fromEntries(await Promise.all(accesses))
  const running = stack.move()
  const [first = ""] = saes
  return {
    ready: { ready: true, url: pair.urlFor(first), kme },
    [Symbol.asyncDispose]: async () => await running.disposeAsync(),
  }
}

/** SAEs that run on through a restart of their KMEs go on with the certificates that they have. */
async function authorityIn(folder: string): Promise<CertificateAuthority> {
  const kept = AuthorityFolder.isIn(folder)
    ? AuthorityFolder.open(folder)
    : await AuthorityFolder.create(folder, KME_AUTHORITY, Date.now())
  return kept.authority
}
