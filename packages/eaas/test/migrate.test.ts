import { osEntropy } from "@starling/entropy/node"
import { AuthenticationServer, DatabaseError, serviceIdOf, SigningKey } from "@starling/eaas"
import { expect, test } from "vitest"
import { memoryDatabase } from "./memory-database.ts"
import { random } from "./platform.ts"

test("a database of a newer version is refused and left as it is", async () => {
  await using database = await memoryDatabase()
  const key = new SigningKey(osEntropy(32))
  const nobody = async () => await Promise.reject(new Error("not asked"))
  const ports = {
    database,
    key,
    validationKey: key.publicKey,
    service: serviceIdOf(key.publicKey, key.publicKey),
    validation: { countersign: nobody, request: nobody },
    random,
    clock: { now: () => 0 },
  }
  const open = async () => await AuthenticationServer.open(ports, { epochLength: 1000, sealOnRegistration: false })
  expect(await (await open()).addUser("ana", 3)).toMatch(/^[a-z2-7]{52}$/)
  expect(await (await open()).users()).toMatchObject([{ name: "ana", quota: 3, registered: false }])

  await database.query("update schema_version set version = 99 where role = 'authentication'")
  await expect(open()).rejects.toThrow(DatabaseError)
  await expect(open()).rejects.toMatchObject({ reason: "newer-version" })
  expect(await database.query("select name from users")).toEqual([{ name: "ana" }])
  expect(await database.query("select version from schema_version where role = 'authentication'")).toEqual([
    { version: 99 },
  ])
})
