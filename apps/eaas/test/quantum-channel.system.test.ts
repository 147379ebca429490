import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

import { discover, type KeyDelivered } from "@starling/eaas"
import { Sae } from "@starling/eaas/kme"
import { Prover } from "@starling/proof/node"
import { afterAll, expect, test, vi } from "vitest"

import { HttpsKme } from "../src/kme/https-kme.ts"
import { accessOf, requireKme } from "../src/roles/quantum-channel.ts"
import { clientOf, keyOf } from "./client.ts"
import { run, start } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-channel-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const patience = AbortSignal.timeout(600_000)

/** What one key request of a newly registered user brings. */
async function keyFrom(url: string, code: string): Promise<KeyDelivered> {
  await using prover = await Prover.open()
  const client = clientOf((await discover(url, patience)).platform, prover)
  await client.register(code, patience)
  return await keyOf(client, 1024)
}

test(
  "an embedded platform's key comes over a simulated quantum channel, and says so",
  { timeout: 600_000 },
  async () => {
    await using platform = await start("all", "--embedded", "--data", join(root, "embedded"))
    const { bytes, channel } = await keyFrom(platform.ready.url, platform.ready.enrolment!)
    expect(bytes).toHaveLength(1024)
    expect(channel).toBe("one-time pad, simulated link, bootstrapped key")
    const health = await fetch(new URL("/health/quantum-channel", platform.ready.url))
    expect(health.status).toBe(200)
    expect(await health.json()).toMatchObject({ version: 1, link: { simulated: true, state: "ok" } })
  },
)

test(
  "with an eavesdropper on its link a platform gives no key: the alarm is in its log, its health and its KMEs",
  { timeout: 600_000 },
  async () => {
    await using platform = await start(
      "all",
      "--embedded",
      "--data",
      join(root, "watched"),
      "--eavesdropper",
      "1",
      "--on-short-key",
      "fail",
    )
    const lines = createInterface({ input: platform.child.stderr! })
    const alarm = (async () => {
      for await (const line of lines)
        if (line.includes('"link alarm"')) return JSON.parse(line) as Record<string, unknown>
      return undefined
    })()
    expect(await alarm).toMatchObject({ simulated: true, why: expect.stringContaining("somebody may be listening") })
    await expect(keyFrom(platform.ready.url, platform.ready.enrolment!)).rejects.toMatchObject({
      refusal: "validation-unreachable",
    })
    const health = await fetch(new URL("/health/quantum-channel", platform.ready.url))
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({
      link: { state: "alarm", stock: { distilled: 0, bootstrapped: 0 }, distilledBytes: 0 },
    })
  },
)

test(
  "roles in processes of their own use the KMEs that they are given, and a production configuration refuses simulated ones",
  { timeout: 600_000 },
  async () => {
    const [asData, pvsData, lpData] = ["as", "pvs", "lp"].map((name) => join(root, name)) as [string, string, string]
    const keyOfRole = async (role: string, data: string) => (await run("key", role, "--data", data)).out.trim()
    const [asKey, lpKey] = [await keyOfRole("as", asData), await keyOfRole("lp", lpData)]
    await using kmes = await start(
      "kme",
      "--data",
      join(root, "kme"),
      "--branch-sae",
      "library",
      "--branch-sae",
      "town hall",
    )
    const { kme } = kmes.ready as unknown as { kme: Record<string, { url: string; files: string }> }
    const at = (sae: string) => ["--kme", kme[sae]!.url, "--kme-files", kme[sae]!.files]

    const pvsArgs = [
      "--data",
      pvsData,
      "--as-key",
      asKey,
      "--lp-key",
      lpKey,
      "--lp-sae",
      `${lpKey}=library`,
      ...at("pvs"),
    ]
    expect(await run("pvs", ...pvsArgs, "--production")).toMatchObject({
      code: 1,
      err: "A production configuration refuses this platform: the proving key is a development key; the quantum source is simulated.\n",
    })
    const access = accessOf({ kme: kme["library"]!.url, kmeFiles: kme["library"]!.files })!
    await expect(requireKme(access, "pvs", true)).rejects.toThrow("simulated: a production configuration refuses it")
    const parts = [
      "--pvs",
      "http://127.0.0.1:1/",
      "--pvs-key",
      asKey,
      "--lp",
      `library=${lpKey}@http://127.0.0.1:1/lp/`,
    ]
    expect(await run("as", "--data", asData, ...parts, "--production")).toMatchObject({
      code: 1,
      err: "A production configuration refuses this platform: the proving key is a development key.\n",
    })
    expect(await run("lp", "--data", lpData, "--pvs", "http://127.0.0.1:1/", "--production")).toMatchObject({
      code: 1,
      err: "A production configuration refuses this platform: the proving key is a development key; no KME is given.\n",
    })
    expect((await run("pvs", "--data", pvsData, "--as-key", asKey, "--lp-key", lpKey, ...at("library"))).code).toBe(1)

    await using pvs = await start("pvs", ...pvsArgs)
    await using lp = await start("lp", "--data", lpData, "--pvs", pvs.ready.url, ...at("library"))
    // Not over the channel: another Local Provider, and nobody at all, hear nothing from this PVS.
    const open = await fetch(new URL("requests", pvs.ready.url), { method: "POST", body: new Uint8Array(100) })
    expect(Buffer.from(await open.arrayBuffer()).includes("local refusal")).toBe(true)

    const { url, credentials } = accessOf({
      kme: kme["town hall"]!.url,
      kmeFiles: kme["town hall"]!.files,
    })!
    using transport = new HttpsKme(url, credentials)
    expect(await new Sae("town hall", transport).service("pvs", patience)).toMatchObject({ simulated: true })

    const asArgs = ["--data", asData, "--pvs", pvs.ready.url, "--pvs-key", pvs.ready.key!]
    const branch = ["--lp", `library=${lpKey}@${lp.ready.url}`]
    await using prover = await Prover.open()
    await using as = await start("as", ...asArgs, ...branch)
    const code = (await run("user", "add", "ana", "--data", asData)).out.trim()
    const client = clientOf((await discover(as.ready.url, patience)).platform, prover)
    await client.register(code, patience)
    // Sealed by its clock, once there is anybody to seal.
    const sealed = async (): Promise<boolean> => (await fetch(new URL("/as/epochs/newest", as.ready.url))).ok
    await vi.waitFor(async () => expect(await sealed()).toBe(true), { timeout: 120_000, interval: 500 })
    expect((await keyOf(client, 1024)).channel).toBe("one-time pad, simulated link, bootstrapped key")
  },
)
