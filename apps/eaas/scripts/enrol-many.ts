// `node scripts/enrol-many.ts --data DIR --count N [--commitment HEX --quota N]`: fills the database of an AS that does not run with
// N members whose secrets nobody has, for load tests, and with one whose commitment is given. It sends nothing.
import { parseArgs } from "node:util"

import { AuthenticationServer, SigningKey, type Database } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { fromHex, type Bytes } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { openDatabase } from "../src/database/open-database.ts"

const ROWS = 500

const { values } = parseArgs({
  options: {
    data: { type: "string" },
    count: { type: "string", default: "10000" },
    commitment: { type: "string" },
    quota: { type: "string", default: "1000" },
  },
})
if (values.data === undefined) throw new Error("enrol-many needs --data DIR")

await using database = await openDatabase({ data: values.data })
await makeTables(database)
const own = values.commitment === undefined ? undefined : fromHex(values.commitment)
if (own !== undefined) await insert(database, [own], "load test", Number(values.quota))
for (let left = Number(values.count); left > 0; left -= ROWS) {
  const commitments = Array.from({ length: Math.min(ROWS, left) }, () =>
    FieldElement.toBytes(FieldElement.fromDigest(osEntropy(32))),
  )
  await insert(database, commitments, `member ${left}`, 16)
}

async function insert(database: Database, commitments: readonly Bytes[], name: string, quota: number): Promise<void> {
  const rows = commitments.map((_, i) => `($${3 * i + 1}, $${3 * i + 2}, ${quota}, $${3 * i + 3})`)
  await database.query(
    `insert into users (name, enrolment_digest, quota, commitment) values ${rows.join()}`,
    commitments.flatMap((commitment, i) => [`${name}-${i}`, osEntropy(32), commitment]),
  )
}

/** The AS makes its tables when it is opened; nothing else is asked of this one. */
async function makeTables(database: Database): Promise<void> {
  const key = new SigningKey(osEntropy(32))
  const nobody = async (): Promise<never> => await Promise.reject(new Error("this AS serves nobody"))
  await AuthenticationServer.open(
    {
      database,
      key,
      validationKey: key.publicKey,
      service: osEntropy(32),
      validation: { countersign: nobody, request: nobody },
      random: { draw: (length) => osEntropy(length) },
      clock: { now: () => Date.now() },
    },
    { epochLength: 1, sealOnRegistration: false },
  )
}
