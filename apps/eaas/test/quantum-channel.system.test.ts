import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

import { discover, EntropyClient, HttpAuthentication, LoopbackTap, type KeyDelivered } from "@starling/eaas"
import { Sae } from "@starling/eaas/kme"
import { osEntropy } from "@starling/entropy/node"
import type { Bytes } from "@starling/kernel"
import { Prover } from "@starling/proof/node"
import { afterAll, expect, test } from "vitest"

import { HttpsKme } from "../src/kme/https-kme.ts"
import { accessOf } from "../src/roles/quantum-channel.ts"
import { run, start } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-channel-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const patience = AbortSignal.timeout(600_000)

/** What one key request of a newly registered user brings. */
async function keyFrom(url: string, code: string): Promise<KeyDelivered> {
  await using prover = await Prover.open()
  const { platform } = await discover(url, patience)
  const [localProvider] = platform.localProviders
  let state: Bytes | undefined
  const client = new EntropyClient({
    platform,
    localProvider: localProvider!,
    authentication: new HttpAuthentication(platform),
    tap: new LoopbackTap(localProvider!),
    prover,
    random: { draw: (length) => osEntropy(length) },
    journal: { load: () => state, save: (next) => void (state = next) },
    clock: { now: () => Date.now() },
  })
  await client.register(code, patience)
  const keys: KeyDelivered[] = []
  await client.obtain(
    1024,
    patience,
    () => {},
    ({ bytes, delivery, channel }) => keys.push({ bytes: bytes.slice(), delivery, channel }),
  )
  return keys[0]!
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
    const keyOf = async (role: string, data: string) => (await run("key", role, "--data", data)).out.trim()
    const [asKey, lpKey] = [await keyOf("as", asData), await keyOf("lp", lpData)]
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
    const refused = await run("pvs", ...pvsArgs, "--production")
    expect(refused).toMatchObject({
      code: 1,
      err: expect.stringContaining("simulated: a production configuration refuses it"),
    })
    expect(await run("lp", "--data", lpData, "--pvs", "http://127.0.0.1:1/", "--production")).toMatchObject({
      code: 1,
      err: expect.stringContaining("A production configuration has a KME"),
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
      production: false,
    })!
    using transport = new HttpsKme(url, credentials)
    expect(await new Sae("town hall", transport).service("pvs", patience)).toMatchObject({ simulated: true })
    expect(lp.ready.lp).toHaveLength(1)
  },
)
