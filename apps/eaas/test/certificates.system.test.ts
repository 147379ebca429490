import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { discover } from "@starling/eaas"
import { HttpsCertifiedDoor, readCredentials, type Credentials } from "@starling/eaas/node"
import { Prover } from "@starling/proof/node"
import { afterAll, beforeAll, describe, expect, test } from "vitest"

import { AuthorityFolder } from "../src/certificates/authority-folder.ts"
import { CertificateAuthority } from "../src/certificates/certificate-authority.ts"
import { clientOf, keyOf, memoryJournal } from "./client.ts"
import { run, start, type RunningRole } from "./running-role.ts"

const root = mkdtempSync(join(tmpdir(), "starling-certificates-"))
const patience = AbortSignal.timeout(170_000)
const authority = join(root, "ca")
const [asData, pvsData, lpData] = [join(root, "as"), join(root, "pvs"), join(root, "lp")]
const running = new AsyncDisposableStack()
let as: RunningRole
let prover: Prover

/** Runs a command that has to succeed. */
const did = async (...args: readonly string[]): Promise<string> => {
  const { code, out, err } = await run(...args)
  if (code !== 0) throw new Error(`${args.join(" ")}: ${err}`)
  return out.trim()
}

const ca = async (...args: readonly string[]): Promise<string> => await did("ca", ...args, "--data", authority)

beforeAll(async () => {
  prover = running.use(await Prover.open())
  await ca("init", "Users of the library")
  const server = await ca("server", "as")
  const [asKey, lpKey] = [await did("key", "as", "--data", asData), await did("key", "lp", "--data", lpData)]
  const pvs = running.use(await start("pvs", "--data", pvsData, "--as-key", asKey, "--lp-key", lpKey))
  const lp = running.use(await start("lp", "--data", lpData, "--pvs", pvs.ready.url))
  const platform = ["--pvs", pvs.ready.url, "--pvs-key", pvs.ready.key!, "--lp", `library=${lpKey}@${lp.ready.url}`]
  const door = ["--tls-port", "0", "--tls-files", server, "--crl", join(authority, "crl.pem"), "--certified-quota", "3"]
  as = running.use(await start("as", "--data", asData, ...platform, ...door))
}, 120_000)

afterAll(async () => {
  await running.disposeAsync()
  rmSync(root, { recursive: true, force: true })
})

/** As `ca user` does, without a process of its own. */
async function userOf(name: string, days = 30): Promise<Credentials> {
  const order = { kind: "user", name, days, hosts: [] } as const
  return readCredentials(await AuthorityFolder.open(authority).issue(order, Date.now()))
}

async function register(credentials: Credentials, journal = memoryJournal()): Promise<number> {
  const { platform } = await discover(as.ready.url, patience)
  const door = new HttpsCertifiedDoor(platform.authentication.certified!, credentials)
  return await clientOf(platform, prover, journal).registerCertified(door, patience)
}

const users = async () =>
  (await did("user", "list", "--data", asData, "--json")).split("\n").map((line) => JSON.parse(line) as unknown)

test("an authority keeps its key to itself, and says what it issued", async () => {
  expect(statSync(join(authority, "ca.key")).mode & 0o777).toBe(0o600)
  const files = await ca("user", "eve", "--days", "2")
  expect(existsSync(join(files, "key.pem"))).toBe(true)
  expect(await ca("list")).toMatch(/^server as: [0-9a-f]{32}, until .*\nuser eve: [0-9a-f]{32}, until /)
  expect(await run("ca", "init", "--data", authority)).toMatchObject({
    code: 1,
    err: `There is an authority in ${authority} already.\n`,
  })
  expect(await run("ca", "revoke", "nobody", "--data", authority)).toMatchObject({ code: 1 })
  expect(await run("ca", "user", "../b", "--data", authority)).toMatchObject({ code: 1 })
})

test("whoever shows a certificate of the authority registers, once, and gets keys", async () => {
  const ana = await userOf("ana")
  const journal = memoryJournal()
  expect(await register(ana, journal)).toBe(3)
  await expect(register(ana)).rejects.toMatchObject({ refusal: "already-registered" })
  expect(await users()).toEqual([
    { name: "ana", quota: 3, registered: true, by: "certificate", validUntil: expect.any(Number), withdrawn: false },
  ])
  await expect.poll(sealed, { timeout: 60_000, interval: 500 }).toBe(200)
  const { platform } = await discover(as.ready.url, patience)
  expect((await keyOf(clientOf(platform, prover, journal), 1024)).bytes).toHaveLength(1024)
})

const sealed = async (): Promise<number> => (await fetch(new URL("/as/epochs/newest", as.ready.url))).status

describe("nobody registers", () => {
  test.for<{ name: string; credentials: () => Promise<Credentials> }>([
    {
      name: "without a certificate",
      credentials: async () => ({
        authority: readFileSync(join(authority, "ca.pem"), "utf8"),
        certificate: "",
        key: "",
      }),
    },
    {
      name: "by the certificate of another authority",
      credentials: async () => {
        const other = await CertificateAuthority.create("Users of the library", Date.now())
        const { credentials } = await other.forClient("ana", Date.now())
        return { ...credentials, authority: readFileSync(join(authority, "ca.pem"), "utf8") }
      },
    },
    {
      name: "by a certificate that is over",
      credentials: async () => await userOf("old", 0.000001),
    },
    { name: "by a server's certificate", credentials: async () => readCredentials(join(authority, "servers/as")) },
    {
      name: "by a revoked certificate",
      credentials: async () => {
        const credentials = await userOf("bo")
        await ca("revoke", "bo")
        return credentials
      },
    },
  ])("$name", async ({ credentials }) => {
    await expect(register(await credentials())).rejects.toMatchObject({ refusal: "bad-certificate" })
  })

  test("where the list of revoked certificates is somebody else's", async () => {
    const list = join(authority, "crl.pem")
    const good = readFileSync(list, "utf8")
    const other = await CertificateAuthority.create("Users of the library", Date.now())
    const cai = await userOf("cai")
    writeFileSync(list, await other.revocations([], Date.now()))
    await expect(register(cai)).rejects.toMatchObject({ reason: "unreachable" })
    writeFileSync(list, good)
    expect(await register(cai)).toBe(3)
  })

  test("at a server that another authority signed", async () => {
    const other = await CertificateAuthority.create("somebody else", Date.now())
    const dai = await userOf("dai")
    await expect(register({ ...dai, authority: other.certificate })).rejects.toMatchObject({ reason: "unreachable" })
  })
})

test("an operator revokes, restores, limits and resets users", async () => {
  const change = async (...args: readonly string[]) => await did("user", ...args, "--data", asData)
  const fay = await userOf("fay")
  await register(fay)
  expect(await change("revoke", "fay", "--now")).toBe("Out of this epoch, and of those to come: fay.")
  await expect(register(fay)).rejects.toMatchObject({ refusal: "access-withdrawn" })
  await change("restore", "fay")
  await expect(register(fay)).rejects.toMatchObject({ refusal: "already-registered" })
  await change("reset", "fay")
  expect(await register(fay)).toBe(3)
  await change("limit", "fay", "--days", "1")
  expect(await users()).toContainEqual(expect.objectContaining({ name: "fay", withdrawn: false }))
  expect(await run("user", "revoke", "nobody", "--data", asData)).toMatchObject({
    code: 1,
    err: "There is no user nobody.\n",
  })
})
