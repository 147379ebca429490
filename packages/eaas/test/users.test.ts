import { decodeRegistrationAnswer, decodeSealedEpoch, encodeCertifiedRegistration } from "@starling/eaas/frames"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes, Decoded } from "@starling/kernel"
import { FieldElement } from "@starling/proof"
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest"
import {
  clientOf,
  enrolledClient,
  HOUR,
  memoryDatabase,
  patience,
  testPlatform,
  type TestPlatform,
} from "./platform.ts"

const neverProve = { prove: async () => await Promise.reject(new Error("no proof was to be made")) }

let at: TestPlatform

beforeAll(async () => {
  at = await testPlatform({ sealOnRegistration: false })
}, 60_000)

beforeEach(async () => {
  for (const table of ["users", "epochs", "sealed_epochs"]) await at.database.query(`delete from ${table}`)
})

afterAll(async () => await at[Symbol.asyncDispose]())

const sound = <T>(decoded: Decoded<T>): T => {
  if (decoded.kind === "malformed") throw new Error(decoded.why)
  return decoded.value
}

const commitment = (): FieldElement => FieldElement.fromDigest(osEntropy(32))

/** What the AS says to whoever showed a certificate of that name. */
const byCertificate = async (name: string, serial: string, value: FieldElement, days = 365) => {
  const frame = encodeCertifiedRegistration({ service: at.platform.service, commitment: value })
  const validUntil = at.clock.time + days * 24 * HOUR
  const answer = sound(
    decodeRegistrationAnswer(await at.as.registerCertified(frame, { name, serial, validUntil }, 8, patience)),
  )
  return answer.kind === "refused" ? answer.reason : answer.quota
}

/** The members of the newest epoch, after what is due was sealed. */
const sizeAfter = async (hours: number): Promise<number> => {
  at.clock.time += hours * HOUR
  await at.as.sealIfDue(patience)
  return newest(await at.as.newestEpoch()).size
}

const newest = (frame: Bytes | undefined) => sound(decodeSealedEpoch(frame ?? new Uint8Array()))

test("a certificate registers one commitment, the same one as often as it likes, and no second one", async () => {
  const mine = commitment()
  expect(await byCertificate("ana", "01", mine)).toBe(8)
  expect(await byCertificate("ana", "01", mine)).toBe(8)
  expect(await byCertificate("ana", "01", commitment())).toBe("already-registered")
  expect(await byCertificate("bo", "02", mine)).toBe("commitment-taken")
  expect(await at.as.users()).toMatchObject([
    { name: "ana", by: "certificate", quota: 8, registered: true },
    { name: "bo", registered: false },
  ])
})

test("a user with a code who comes with a certificate is the same user, with the same one commitment and quota", async () => {
  await enrolledClient(at, neverProve)
  const [user] = await at.as.users()
  expect(await byCertificate(user!.name, "01", commitment())).toBe("already-registered")
})

test("a client registers through its door, and takes no receipt of another key", async () => {
  const door = (forge: (answer: Bytes) => Bytes) => ({
    register: async (frame: Bytes) =>
      forge(
        await at.as.registerCertified(
          frame,
          { name: "ana", serial: "01", validUntil: at.clock.time + HOUR },
          8,
          patience,
        ),
      ),
  })
  const bent = (answer: Bytes): Bytes => answer.map((byte, i) => (i === answer.length - 1 ? byte ^ 1 : byte))
  await expect(clientOf(at, neverProve).registerCertified(door(bent), patience)).rejects.toMatchObject({
    reason: "bad-signature",
  })
  await at.as.change("ana", { kind: "free" })
  expect(
    await clientOf(at, neverProve).registerCertified(
      door((answer) => answer),
      patience,
    ),
  ).toBe(8)
})

test("who registers while an epoch is open is in the next one, and in no revision of this one", async () => {
  await byCertificate("ana", "01", commitment())
  expect(await sizeAfter(0)).toBe(1)
  await byCertificate("bo", "02", commitment())
  await at.as.seal(patience)
  expect(newest(await at.as.newestEpoch())).toMatchObject({ epoch: 1, revision: 0, size: 1 })
  expect(await sizeAfter(25)).toBe(2)
})

test("a withdrawn user is out of the next seal, which may be at once, and registers no more until restored", async () => {
  const mine = commitment()
  await byCertificate("ana", "01", mine)
  await byCertificate("bo", "02", commitment())
  expect(await sizeAfter(0)).toBe(2)
  expect(await at.as.change("ana", { kind: "withdraw" })).toBe(true)
  expect(await at.as.change("nobody", { kind: "withdraw" })).toBe(false)
  await at.as.seal(patience)
  expect(newest(await at.as.newestEpoch())).toMatchObject({ epoch: 1, revision: 1, size: 1 })
  expect(await byCertificate("ana", "01", mine)).toBe("access-withdrawn")
  await at.as.change("ana", { kind: "restore" })
  expect(await byCertificate("ana", "01", mine)).toBe(8)
  expect(await sizeAfter(25)).toBe(2)
})

test("a revoked certificate ends its user's access, until another certificate takes its place", async () => {
  const mine = commitment()
  await byCertificate("ana", "01", mine)
  await byCertificate("bo", "02", commitment())
  expect(await at.as.revokeCertificates(["01", "03"])).toBe(1)
  expect(await at.as.revokeCertificates(["01", "03"])).toBe(0)
  expect(await sizeAfter(0)).toBe(1)
  expect(await byCertificate("ana", "04", mine)).toBe(8)
  expect(await sizeAfter(25)).toBe(2)
})

test("access ends with the certificate, or when the operator says, in the first epoch that opens after", async () => {
  await byCertificate("ana", "01", commitment(), 1.5)
  await byCertificate("bo", "02", commitment())
  await byCertificate("cai", "03", commitment())
  await at.as.change("bo", { kind: "limit", validUntil: at.clock.time + HOUR })
  expect(await sizeAfter(0)).toBe(3)
  expect(await sizeAfter(25)).toBe(2)
  expect(await sizeAfter(25)).toBe(1)
  expect(await byCertificate("bo", "02", commitment())).toBe("access-expired")
})

test("a user who was freed for another commitment has it in the next epoch: no epoch gives two quotas", async () => {
  await byCertificate("ana", "01", commitment())
  await byCertificate("bo", "02", commitment())
  expect(await sizeAfter(0)).toBe(2)
  await at.as.change("ana", { kind: "free" })
  expect(await byCertificate("ana", "03", commitment())).toBe(8)
  await at.as.seal(patience)
  expect(newest(await at.as.newestEpoch())).toMatchObject({ epoch: 1, size: 1 })
  expect(await sizeAfter(25)).toBe(2)
})

test("users of a database that an earlier version wrote are members as before", async () => {
  await using database = await memoryDatabase()
  for (const sql of [
    "create table schema_version (role text primary key, version integer not null)",
    "insert into schema_version values ('authentication', 1)",
    "create table users (name text primary key, enrolment_digest bytea not null unique, quota integer not null, commitment bytea unique)",
    "create table epochs (epoch integer not null, revision integer not null, statement bytea not null, authentication_signature bytea not null, leaves bytea not null, validation_signature bytea, primary key (epoch, revision))",
  ])
    await database.query(sql)
  await database.query("insert into users values ('ana', $1, 4, $2)", [
    osEntropy(32),
    FieldElement.toBytes(commitment()),
  ])
  const { as } = await testPlatform({ database, sealOnRegistration: false })
  expect(await as.users()).toMatchObject([{ name: "ana", by: "code", quota: 4, registered: true, withdrawn: false }])
  expect(await as.seal(patience)).toMatchObject({ kind: "sealed", statement: { size: 1 } })
})
