import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { expect, onTestFinished, test } from "vitest"
import { z } from "zod"
import { PeerProcess, temporaryFolder, until } from "./peer-process.ts"

const PLATFORM = fileURLToPath(new URL("../../../eaas/bin/starling-eaas.js", import.meta.url))
const Ready = z.object({ url: z.string(), key: z.string() })
const Status = z.object({
  pool: z.object({ bytes: z.number() }),
  sources: z.array(z.object({ id: z.string(), state: z.string(), detail: z.string() })),
})

test("a person who has a certificate gives its folder, and the pool fills; one whose was revoked is told why not", async () => {
  const [ca, as, pvs, lp] = ["ca", "as", "pvs", "lp"].map((name) => temporaryFolder(name)) as [
    string,
    string,
    string,
    string,
  ]
  await did("ca", "init", "--data", ca)
  const server = await did("ca", "server", "as", "--data", ca)
  const [ana, bo] = [await did("ca", "user", "ana", "--data", ca), await did("ca", "user", "bo", "--data", ca)]
  await did("ca", "revoke", "bo", "--data", ca)
  const [asKey, lpKey] = [await did("key", "as", "--data", as), await did("key", "lp", "--data", lp)]
  const validation = await role("pvs", "--data", pvs, "--as-key", asKey, "--lp-key", lpKey)
  const provider = await role("lp", "--data", lp, "--pvs", validation.url)
  const door = ["--tls-port", "0", "--tls-files", server, "--crl", join(ca, "crl.pem")]
  const parts = ["--pvs", validation.url, "--pvs-key", validation.key, "--lp", `library=${lpKey}@${provider.url}`]
  const { url } = await role("as", "--data", as, ...parts, ...door)

  const up = async (name: string, files: string) =>
    await PeerProcess.up(name, ["--no-mdns", "--eaas", url, "--eaas-certificate", files])
  const sourceOf = async (peer: PeerProcess) =>
    (await peer.ask(Status, "entropy", "status")).sources.find(({ id }) => id === "eaas")
  const bob = await up("Bo", bo)
  await until("Bo is refused", async () => (await sourceOf(bob))?.state === "refused", 60_000)
  expect((await sourceOf(bob))?.detail).toContain("over or revoked")
  await bob.end("SIGTERM")

  const peer = await up("Ana", ana)
  // The first epoch is sealed once somebody is registered; a refused refill is tried again after a minute.
  await until("Ana is registered", async () => (await did("user", "list", "--data", as)).includes("registered"), 60_000)
  await until("Ana's epoch is open", async () => (await fetch(new URL("/as/epochs/newest", url))).ok, 60_000)
  await peer.starling("entropy", "refill", "--bytes", "1024")
  expect((await peer.ask(Status, "entropy", "status")).pool.bytes).toBeGreaterThan(0)
})

/** Runs a command of the platform that has to succeed. */
async function did(...args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [PLATFORM, ...args], { stdio: ["ignore", "pipe", "inherit"] })
  let out = ""
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()))
  await once(child, "close")
  if (child.exitCode !== 0) throw new Error(`starling-eaas ${args.join(" ")} failed`)
  return out.trim()
}

/** Starts a role in a process of its own, which ends with the test. */
async function role(...args: readonly string[]): Promise<z.infer<typeof Ready>> {
  const child = spawn(process.execPath, [PLATFORM, ...args, "--json"], { stdio: ["ignore", "pipe", "inherit"] })
  onTestFinished(async () => {
    const exit = once(child, "exit")
    child.kill("SIGTERM")
    await exit
  })
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), "line")
  return Ready.parse(JSON.parse(String(line)))
}
