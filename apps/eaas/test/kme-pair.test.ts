import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { once } from "node:events"

import { Sae, type KmeReply } from "@starling/eaas/kme"
import { readCredentials, type Credentials } from "@starling/eaas/node"
import { afterAll, beforeAll, expect, test } from "vitest"

import { CertificateAuthority } from "../src/certificates/certificate-authority.ts"
import { HttpsKme } from "../src/kme/https-kme.ts"
import { KME_AUTHORITY, startKmePair, type KmePair } from "../src/kme/kme-pair.ts"
import { readCommand } from "../src/config.ts"
import { startKmes } from "../src/roles/kme.ts"

const patience = AbortSignal.timeout(110_000)
const noLog = (): void => undefined
const folder = mkdtempSync(join(tmpdir(), "starling-kme-"))
let pair: KmePair

beforeAll(async () => {
  const authority = await CertificateAuthority.create(KME_AUTHORITY, Date.now())
  const saes = { platformSaes: ["pvs"], branchSaes: ["lp-1", "lp-2"] }
  pair = await startKmePair({ ...saes, ports: [0, 0], interception: 0, authority }, noLog)
})

afterAll(async () => {
  await pair[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function statusWith(credentials: Partial<Credentials>, at = "pvs", peer = "lp-1"): Promise<KmeReply> {
  const { authority } = await pair.credentialsFor("pvs")
  using transport = new HttpsKme(pair.urlFor(at), { authority, certificate: "", key: "", ...credentials })
  return await transport.call("GET", `/api/v1/keys/${peer}/status`, undefined, patience)
}

test("two SAEs get the same key over mutual TLS, each from its own KME, and it is labelled", async () => {
  using near = new HttpsKme(pair.urlFor("pvs"), await pair.credentialsFor("pvs"))
  using far = new HttpsKme(pair.urlFor("lp-1"), await pair.credentialsFor("lp-1"))
  const key = await new Sae("pvs", near).keyFor("lp-1", 9_632, patience)
  expect(key.provenance).toEqual({ simulated: true, bootstrapped: true })
  expect((await new Sae("lp-1", far).keyNamed("pvs", key.ids, 9_632, patience)).bytes).toEqual(key.bytes)
  expect(pair.urlFor("pvs")).not.toBe(pair.urlFor("lp-1"))
  expect(pair.health()).toMatchObject({ simulated: true, state: "ok", blocks: { key: 0, "no key": 0, alarm: 0 } })
})

test("whoever has no certificate gets 401 and not a word", async () => {
  expect(await statusWith({})).toEqual({ status: 401, body: undefined })
})

test("whoever has a certificate of another authority gets 401, whatever name is in it", async () => {
  const other = await CertificateAuthority.create("Starling embedded KMEs", Date.now())
  const { certificate, key } = (await other.forClient("pvs", Date.now())).credentials
  expect(await statusWith({ certificate, key })).toEqual({ status: 401, body: undefined })
})

test("an SAE of the other end, and one that nobody knows, get 401 with good certificates", async () => {
  expect((await statusWith(await pair.credentialsFor("lp-1"))).status).toBe(401)
  expect((await statusWith(await pair.credentialsFor("mallory"))).status).toBe(401)
  expect((await statusWith(await pair.credentialsFor("pvs"))).status).toBe(200)
})

test("an SAE doesn't talk to a KME that its authority didn't sign", async () => {
  const { certificate: authority } = await CertificateAuthority.create("somebody else", Date.now())
  await expect(statusWith({ ...(await pair.credentialsFor("pvs")), authority })).rejects.toMatchObject({
    name: "Unreachable",
  })
})

test("a body that is no JSON, or too long, is refused in words", async () => {
  using transport = new HttpsKme(pair.urlFor("pvs"), await pair.credentialsFor("pvs"))
  const long = await transport.call("POST", "/api/v1/keys/lp-1/enc_keys", { x: "x".repeat(70_000) }, patience)
  expect(long).toMatchObject({ status: 400, body: { message: "the request body is no JSON, or too long" } })
})

/** A port that was free a moment ago, and so was the next one. */
async function freePorts(): Promise<number> {
  const first = createServer().listen(0, "127.0.0.1")
  await once(first, "listening")
  const { port } = first.address() as AddressInfo
  const second = createServer().listen(port + 1, "127.0.0.1")
  const isFree = await once(second, "listening").then(
    () => true,
    () => false,
  )
  for (const server of [first, second]) server.close()
  return isFree ? port : await freePorts()
}

test("a restart of the KMEs loses at both ends what was not fetched, and SAEs that ran on get other key", async () => {
  const port = String(await freePorts())
  const command = readCommand(["kme", "--data", folder, "--branch-sae", "library", "--port", port])
  if (command.command !== "kme") throw new Error("no KMEs")
  await using stack = new AsyncDisposableStack()
  const before = await startKmes(command, noLog)
  const saeAt = (name: string): Sae => {
    const { url, files } = before.ready.kme![name]!
    return new Sae(name, stack.use(new HttpsKme(url, readCredentials(files))))
  }
  const [pvs, library] = [saeAt("pvs"), saeAt("library")]
  const handedOut = await pvs.keyFor("library", 1000, patience)
  await before[Symbol.asyncDispose]()
  await expect(pvs.keyFor("library", 1000, patience)).rejects.toMatchObject({ name: "Unreachable" })

  stack.use(await startKmes(command, noLog))
  await expect(library.keyNamed("pvs", handedOut.ids, 1000, patience)).rejects.toMatchObject({ reason: "not-found" })
  const another = await pvs.keyFor("library", 1000, patience)
  expect(another.bytes).not.toEqual(handedOut.bytes)
  expect((await library.keyNamed("pvs", another.ids, 1000, patience)).bytes).toEqual(another.bytes)
})
