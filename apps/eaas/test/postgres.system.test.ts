import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Unreachable, type ValidationApi } from "@starling/eaas"
import { decodeKeyResponse } from "@starling/eaas/frames"
import { forwardOf, patience, rivalRequests, testPlatform, type TestPlatform } from "@starling/eaas/test-platform"
import { osEntropy } from "@starling/entropy/node"
import { toHex, type Bytes } from "@starling/kernel"
import { Prover } from "@starling/proof/node"
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest"
import { PostgresDatabase } from "../src/database/postgres-database.ts"
import { HttpValidation } from "../src/http/http-validation.ts"
import { DYING_PVS, type Moment } from "./dying-pvs.ts"
import { start, type RunningRole } from "./running-role.ts"
import { noPostgres, throwawayPostgres, type ThrowawayPostgres } from "./throwaway-postgres.ts"

const root = mkdtempSync(join(tmpdir(), "starling-pvs-"))
const pvsSeed = osEntropy(32)
let prover: Prover
let postgres: ThrowawayPostgres

beforeEach(async () => {
  if (!noPostgres) postgres = await throwawayPostgres()
})

afterEach(async () => await postgres?.[Symbol.asyncDispose]())

beforeAll(async () => {
  if (noPostgres) return
  prover = await Prover.open()
})

afterAll(async () => {
  await prover?.[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

/** A platform whose PVS is made by `reach`, once its keys are known. */
async function platformWith(reach: () => ValidationApi): Promise<TestPlatform> {
  const remote: ValidationApi = {
    countersign: async (frame, signal) => await reach().countersign(frame, signal),
    request: async (frame, signal) => await reach().request(frame, signal),
  }
  const database = await PostgresDatabase.open(postgres.url)
  return await testPlatform({ database, pvsSeed, validation: () => remote, time: Date.now() })
}

/** Asks until there is an answer: a request may be repeated at any time. */
async function answerOf(pvs: ValidationApi, frame: Bytes): Promise<Bytes> {
  for (;;) {
    try {
      return await pvs.request(frame, patience)
    } catch (error) {
      if (!(error instanceof Unreachable) || patience.aborted) throw error
    }
  }
}

/** Each has a data folder of its own, with the one key. */
async function startPvs(at: TestPlatform): Promise<RunningRole> {
  const data = mkdtempSync(join(root, "pvs-"))
  mkdirSync(join(data, "keys"))
  writeFileSync(join(data, "keys", "pvs.key"), toHex(pvsSeed))
  const keys = ["--as-key", toHex(at.asKey.publicKey), "--lp-key", toHex(at.lpKeys[0].publicKey)]
  return await start("pvs", "--data", data, "--database", postgres.url, ...keys)
}

/** The keys among these answers, each as what is encrypted in it. */
function keysIn(answers: readonly Bytes[]): ReadonlySet<string> {
  const responses = answers.map((answer) => decodeKeyResponse(answer))
  return new Set(
    responses.flatMap((response) =>
      response.kind === "ok" && response.value.kind === "answered" ? [toHex(response.value.sealedKey)] : [],
    ),
  )
}

async function issuesOf(): Promise<number> {
  await using database = await PostgresDatabase.open(postgres.url)
  const [row] = await database.query("select count(*)::integer as n from issues")
  return Number(row?.["n"])
}

test.skipIf(noPostgres)(
  "200 parallel double spends against two PVS processes on one database get one key (needs postgresql)",
  async ({ annotate }) => {
    let first: HttpValidation | undefined
    await using at = await platformWith(() => first!)
    // Both at once, so that they migrate an empty database at the same time.
    const [one, two] = await Promise.all([startPvs(at), startPvs(at)])
    await using _one = one
    await using _two = two
    const servers = [new HttpValidation(one.ready.url), new HttpValidation(two.ready.url)]
    first = servers[0]
    const rivals = await rivalRequests(at, prover, 2)
    const before = await issuesOf()
    const begin = performance.now()
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const frame = forwardOf(at, rivals[(i >> 1) % rivals.length]!)
        return await answerOf(servers[i % 2]!, frame)
      }),
    )
    await annotate(`${Math.round(performance.now() - begin)} ms for 200`)
    expect(keysIn(answers).size).toBe(1)
    const kinds = answers.map((answer) => decodeKeyResponse(answer))
    const others = kinds.flatMap((kind) => (kind.kind === "ok" && kind.value.kind !== "answered" ? [kind.value] : []))
    expect(new Set(others.map(({ reason }) => reason))).toEqual(new Set(["nullifier-used"]))
    expect(await issuesOf()).toBe(before + 1)
  },
)

test.skipIf(noPostgres).for<Moment>(["inserted", "committed"])(
  "a PVS killed with its nullifier %s issues one key, before or after its restart, and none to a rival (needs postgresql)",
  async (moment) => {
    let validation: HttpValidation | undefined
    await using at = await platformWith(() => validation!)
    const keys = [toHex(pvsSeed), toHex(at.asKey.publicKey), toHex(at.lpKeys[0].publicKey)]
    const dying = spawn(process.execPath, [DYING_PVS, moment, postgres.url, ...keys], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    const died = once(dying, "exit")
    const [url] = await once(dying.stdout, "data")
    validation = new HttpValidation(String(url).trim())
    const [mine, rival] = (await rivalRequests(at, prover, 2)) as [Bytes, Bytes]
    const before = await issuesOf()
    await expect(validation.request(forwardOf(at, mine), patience)).rejects.toBeInstanceOf(Unreachable)
    expect(await died).toEqual([null, "SIGKILL"])
    await postgres.crash()
    expect(await issuesOf()).toBe(moment === "committed" ? before + 1 : before)

    await using restarted = await startPvs(at)
    const again = new HttpValidation(restarted.ready.url)
    const retries = await Promise.all([1, 2, 3].map(async () => await answerOf(again, forwardOf(at, mine))))
    const theirs = await answerOf(again, forwardOf(at, rival))
    expect(keysIn(retries).size).toBe(1)
    expect(decodeKeyResponse(theirs)).toMatchObject({ value: { kind: "refused", reason: "nullifier-used" } })
    expect(await issuesOf()).toBe(before + 1)
  },
)

test.skipIf(noPostgres)("a PostgreSQL whose commits are not durable is refused (needs postgresql)", async () => {
  await using careless = await throwawayPostgres(["fsync=off"])
  await expect(PostgresDatabase.open(careless.url)).rejects.toMatchObject({
    reason: "io",
    message: expect.stringContaining("fsync = off"),
  })
})
