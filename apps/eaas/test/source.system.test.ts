import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { constants, mkdtempSync, rmSync } from "node:fs"
import { open } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { discover } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { Prover } from "@starling/proof/node"
import { afterAll, expect, test } from "vitest"

import { clientOf, keyOf, memoryJournal } from "./client.ts"
import { run, start } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-eaas-source-"))
const patience = AbortSignal.timeout(170_000)

afterAll(() => rmSync(root, { recursive: true, force: true }))

/** What a start-up test takes, and, in whole windows, a key of 1024 bytes at 6 bits a sample. */
const START_UP = 1024
const KEY = 2048

test("a key says which device it comes from; when that gets stuck there are no keys, also after a restart, until the operator says so", async () => {
  await using prover = await Prover.open()
  const data = join(root, "data")
  const path = join(root, "qrandom0")
  execFileSync("mkfifo", [path])
  const device = await open(path, constants.O_RDWR | constants.O_NONBLOCK)
  const options = ["--embedded", "--data", data, "--source", `device:${path}`, "--source-entropy", "6"]
  const journal = memoryJournal()

  await device.write(osEntropy(START_UP + KEY))
  {
    await using first = await start("all", ...options)
    const { platform, enrolmentCode } = await discover(`${first.ready.url}#${first.ready.enrolment}`, patience)
    expect(platform.simulatedSource).toBe(false)
    const client = clientOf(platform, prover, journal)
    await client.register(enrolmentCode, patience)
    const { delivery } = await keyOf(client, 1024)
    expect(delivery).toMatchObject({ source: "character device qrandom0 (untested on hardware)", simulated: false })
    expect((await fetch(new URL("/health", first.ready.url))).status).toBe(200)
    expect(await run("qrng", "status", "--data", data)).toMatchObject({
      code: 0,
      out: expect.stringContaining("running"),
    })

    await device.write(new Uint8Array(KEY))
    await expect(keyOf(client, 1024)).rejects.toMatchObject({ reason: "refused", refusal: "source-failed" })
    const health = await fetch(new URL("/health", first.ready.url))
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({
      version: 1,
      source: { state: "failed", failure: { fault: "repetition count" } },
    })
    const killed = once(first.child, "exit")
    first.child.kill("SIGKILL")
    await killed
  }
  await device.read(new Uint8Array(KEY), 0, KEY, null)
  await device.write(osEntropy(START_UP + KEY))

  await using second = await start("all", ...options)
  const { platform } = await discover(second.ready.url, patience)
  const client = clientOf(platform, prover, journal)
  await expect(keyOf(client, 1024), "sound again, but latched").rejects.toMatchObject({ refusal: "source-failed" })
  expect(await run("qrng", "status", "--data", data)).toMatchObject({
    code: 1,
    out: expect.stringContaining("repetition count"),
  })
  expect(await run("qrng", "restart", "--data", data)).toMatchObject({
    code: 0,
    out: expect.stringContaining("running"),
  })
  expect((await keyOf(client, 1024)).bytes).toHaveLength(1024)
  await device.close()
})

test("samples come out of a pipe as many as were asked for, with what they are told beside them", async () => {
  const sampled = await run("qrng", "sample", "--bytes", "1000")
  expect(sampled).toMatchObject({ code: 0, err: expect.stringContaining("epsilon 2^-129.9 a block") })
  const refused = await run("qrng", "sample", "--bytes", "10", "--source", "device:/dev/zero", "--source-entropy", "4")
  expect(refused).toMatchObject({ code: 1, out: "", err: expect.stringContaining("repetition count") })
})
