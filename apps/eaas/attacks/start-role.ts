import { readCommand } from "../src/config.ts"
import type { Log } from "../src/log.ts"
import { startKmes } from "../src/roles/kme.ts"
import type { Running } from "../src/roles/ready.ts"
import { startAs, startLp, startPvs } from "../src/roles/single.ts"

export type RoleName = "as" | "pvs" | "lp" | "kme"

/** A role in this process, as the command line would start it in one of its own. */
export async function startRole(name: RoleName, options: readonly string[], log: Log): Promise<Running> {
  const command = readCommand([name, ...options])
  if (command.command === "as") return await startAs(command, log)
  if (command.command === "pvs") return await startPvs(command, log)
  if (command.command === "lp") return await startLp(command, log)
  if (command.command === "kme") return await startKmes(command, log)
  throw new RangeError(`${command.command} is no role`)
}
