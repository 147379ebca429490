import {
  ProofValidationServer,
  serviceIdOf,
  localProviderIdOf,
  SigningKey,
  type Database,
  type Queries,
} from "@starling/eaas"
import { simulatedQrng } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { PostgresDatabase } from "../src/database/postgres-database.ts"
import { emptyApp } from "../src/http/frames.ts"
import { validationRoutes } from "../src/http/roles.ts"
import { listen } from "../src/http/serve.ts"
import { inPlace } from "../src/roles/verifiers.ts"

/** This file, to be run as a program: `DYING_PVS MOMENT DATABASE-URL PVS-SEED AS-KEY LP-KEY`. */
export const DYING_PVS = import.meta.filename

/** When the first key is issued, the process kills itself: its nullifier inserted and not committed, or committed. */
export type Moment = "inserted" | "committed"

if (import.meta.main) await serve(process.argv.slice(2))

async function serve([moment, url = "", ...keys]: readonly string[]): Promise<void> {
  const [seed, authenticationKey, lpKey] = keys.map(bytes) as [Bytes, Bytes, Bytes]
  const key = new SigningKey(seed)
  const pvs = await ProofValidationServer.open({
    database: dying(await PostgresDatabase.open(url), moment === "committed" ? "committed" : "inserted"),
    key,
    authenticationKey,
    service: serviceIdOf(authenticationKey, key.publicKey),
    localProviders: new Map([[toHex(localProviderIdOf(lpKey)), lpKey]]),
    source: simulatedQrng(osEntropy),
    verifier: inPlace,
    random: { draw: (length) => osEntropy(length) },
    clock: { now: () => Date.now() },
  })
  const app = emptyApp(() => {})
  app.route("/pvs", validationRoutes(pvs))
  const { port } = await listen(app, 0)
  process.stdout.write(`http://127.0.0.1:${port}/pvs/\n`)
}

function dying(database: Database, moment: Moment): Database {
  return {
    query: async (sql, parameters) => await database.query(sql, parameters),
    async transaction(work) {
      let issuing = false
      const result = await database.transaction(
        async (db) =>
          await work({
            async query(sql, parameters) {
              const rows = await db.query(sql, parameters)
              if (!sql.startsWith("insert into issues")) return rows
              issuing = true
              if (moment === "inserted") die()
              return rows
            },
          } satisfies Queries),
      )
      if (issuing) die()
      return result
    },
    [Symbol.asyncDispose]: async () => await database[Symbol.asyncDispose](),
  }
}

function die(): never {
  process.kill(process.pid, "SIGKILL")
  throw new Error("dead")
}

function bytes(hex: string): Bytes {
  const decoded = fromHex(hex)
  if (decoded === undefined) throw new TypeError("keys are given in hexadecimal")
  return decoded
}
