import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { discover } from "@starling/eaas"
import { osEntropy } from "@starling/entropy/node"
import { Prover } from "@starling/proof/node"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { clientOf, keyOf, memoryJournal } from "./client.ts"
import { run, start } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-eaas-"))
const patience = AbortSignal.timeout(170_000)
let prover: Prover

beforeAll(async () => {
  prover = await Prover.open()
})

afterAll(async () => {
  await prover[Symbol.asyncDispose]()
  rmSync(root, { recursive: true, force: true })
})

test("an embedded platform is ready soon, gives its owner a key over HTTP, survives kill -9, and ends with its parent", async ({
  annotate,
}) => {
  const data = join(root, "embedded")
  const journal = memoryJournal()
  await using first = await start("all", "--embedded", "--data", data)
  await annotate(`first start: ready after ${Math.round(first.milliseconds)} ms`)
  const found = await discover(`${first.ready.url}#${first.ready.enrolment}`, patience)
  expect(found.platform).toMatchObject({ embedded: true, simulatedSource: true, developmentProvingKey: true })
  const client = clientOf(found.platform, prover, journal)
  expect(await client.register(found.enrolmentCode, patience)).toBe(256)
  expect((await keyOf(client, 8192)).bytes).toHaveLength(8192)

  const killed = once(first.child, "exit")
  first.child.kill("SIGKILL")
  await killed
  await using second = await start("all", "--embedded", "--data", data)
  const again = await discover(second.ready.url, patience)
  expect(again.platform.service).toEqual(found.platform.service)
  expect((await keyOf(clientOf(again.platform, prover, journal, 1), 1024)).bytes).toHaveLength(1024)

  const ended = once(second.child, "exit")
  second.child.stdin!.end()
  expect(await ended).toEqual([0, null])
  expect(existsSync(join(data, "operator.json"))).toBe(false)
})

test("three roles in three processes, with keys of their own, give an enrolled user a key", async () => {
  const [asData, pvsData, lpData] = ["as", "pvs", "lp"].map((name) => join(root, name)) as [string, string, string]
  const keyOfRole = async (role: string, data: string) => (await run("key", role, "--data", data)).out.trim()
  const [asKey, lpKey] = [await keyOfRole("as", asData), await keyOfRole("lp", lpData)]
  await using pvs = await start("pvs", "--data", pvsData, "--as-key", asKey, "--lp-key", lpKey)
  await using lp = await start("lp", "--data", lpData, "--pvs", pvs.ready.url)
  const asArgs = [
    "--data",
    asData,
    "--pvs",
    pvs.ready.url,
    "--pvs-key",
    pvs.ready.key!,
    "--lp",
    `library=${lpKey}@${lp.ready.url}`,
  ]
  let url: string
  let code: string
  {
    await using as = await start("as", ...asArgs)
    const added = await run("user", "add", "ana", "--quota", "2", "--data", asData)
    expect(added.code).toBe(0)
    code = added.out.trim()
    url = as.ready.url
    expect((await run("user", "add", "ana", "--data", asData)).err).toBe("There is a user ana already.\n")
    expect((await run("user", "list", "--data", asData, "--json")).out).toBe(
      '{"name":"ana","quota":2,"registered":false,"by":"code","withdrawn":false}\n',
    )
    expect(statSync(join(asData, "operator.json")).mode & 0o777).toBe(0o600)
    const door = JSON.parse(readFileSync(join(asData, "operator.json"), "utf8")) as { url: string }
    expect(
      (await fetch(new URL("/operator/users", door.url), { headers: { authorization: "Bearer wrong" } })).status,
    ).toBe(401)
  }
  // Sealing is due at the start of an AS with registered users.
  const journal = memoryJournal()
  {
    await using as = await start("as", ...asArgs)
    url = as.ready.url
    expect(await clientOf((await discover(url, patience)).platform, prover, journal).register(code, patience)).toBe(2)
  }
  await using as = await start("as", ...asArgs)
  const { platform } = await discover(as.ready.url, patience)
  expect(platform).toMatchObject({ embedded: false, localProviders: [{ name: "library" }] })
  expect((await keyOf(clientOf(platform, prover, journal), 1024)).bytes).toHaveLength(1024)
})

describe("a server", () => {
  test("answers faults in JSON, takes no more than it needs, and serves one exchange per connection", async () => {
    await using at = await start("all", "--data", join(root, "faults"))
    const post = async (path: string, body: BodyInit) => {
      const response = await fetch(new URL(path, at.ready.url), { method: "POST", body })
      return { status: response.status, text: await response.text(), connection: response.headers.get("connection") }
    }
    expect(await post("/lp/1/requests", new Uint8Array(20_000))).toEqual({
      status: 413,
      text: '{"error":{"code":"oversized","message":"At most 16384 bytes are taken here."}}',
      connection: "close",
    })
    expect(await post("/nowhere", "x")).toMatchObject({ status: 404, text: expect.stringContaining('"not-found"') })
    for (const path of ["/lp/1/requests", "/lp/2/requests", "/pvs/requests", "/pvs/epochs", "/as/registrations"]) {
      expect((await post(path, osEntropy(3000))).status).toBe(200)
      expect((await post(path, "")).status).toBe(200)
    }
    expect((await fetch(new URL("/as/epochs/newest", at.ready.url))).status).toBe(404)
    expect((await fetch(new URL("/as/epochs/1/x/leaves", at.ready.url))).status).toBe(404)
  })

  test("doesn't start on a folder that is in use, or with arguments that make no sense", async () => {
    const data = join(root, "in use")
    await using _ = await start("all", "--data", data)
    const second = await run("all", "--data", data, "--json")
    expect(second).toMatchObject({ code: 1, out: "" })
    expect(JSON.parse(second.err)).toEqual({
      error: { code: "locked", message: `Another process uses ${data}. Only one can.` },
    })
    expect(await run("all", "--port", "high")).toMatchObject({ code: 1, err: expect.stringContaining("port") })
    expect(await run("user", "add", "ana", "--data", join(root, "nobody"))).toMatchObject({
      code: 1,
      err: expect.stringContaining("Start it first"),
    })
  })
})
