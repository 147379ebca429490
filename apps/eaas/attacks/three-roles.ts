import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { readdirSync, readFileSync } from "node:fs"
import type { IncomingMessage } from "node:http"
import { join } from "node:path"
import { inspect } from "node:util"

import { discover, EntropyClient, HttpAuthentication, LoopbackTap, type EntropyClientPorts } from "@starling/eaas"
import { decodeClientState, decodeKeyRequest, EnrolmentCode } from "@starling/eaas/frames"
import { memoryJournal, patience, random } from "@starling/eaas/test-platform"
import { toHex, utf8, type Bytes } from "@starling/kernel"
import { commitmentOf, FieldElement } from "@starling/proof"
import { Prover } from "@starling/proof/node"
import { logTo } from "../src/log.ts"
import { askOperator } from "../src/operator.ts"
import { roleKey } from "../src/role-keys.ts"
import type { Running } from "../src/roles/ready.ts"
import { sound, type Scene } from "./scene.ts"
import { startRole, type RoleName } from "./start-role.ts"

/** What became public or was written down while two users registered, asked for a key and made mistakes. */
export interface Traces {
  /** What each role logged, and which of its lines came after it was ready. */
  readonly logs: ReadonlyMap<RoleName, { readonly all: readonly string[]; readonly late: readonly string[] }>
  /** Addresses and answers of every door, what went to stdout and stderr, and what the users' errors say. */
  readonly said: readonly string[]
  /** What nobody but its owner may know, by what it is. */
  readonly secrets: ReadonlyMap<string, Uint8Array>
  /** What tells one user from another: at the AS names, codes and commitments; at the PVS nullifiers and KEM keys. */
  readonly marks: { readonly as: readonly string[]; readonly pvs: readonly string[] }
}

const seen = new WeakMap<Scene, Promise<Traces>>()

/** The platform as an operator runs it: three roles and a pair of KMEs, with their doors, logs and real proofs. */
export async function tracesOf(scene: Scene): Promise<Traces> {
  const known = seen.get(scene) ?? live(scene)
  seen.set(scene, known)
  return await known
}

async function live({ folder }: Scene): Promise<Traces> {
  await using stack = new AsyncDisposableStack()
  const said: string[] = []
  stack.use(overhearing(said))
  const at = (role: RoleName): string => join(folder, "roles", role)
  const logs = new Map<RoleName, { all: string[]; late: string[] }>()
  let isReady = false
  const logOf = (role: RoleName) => {
    const lines: { all: string[]; late: string[] } = { all: [], late: [] }
    logs.set(role, lines)
    return logTo((line) => {
      lines.all.push(line)
      if (isReady) lines.late.push(line)
    }, Date.now)
  }
  const start = async (role: RoleName, ...argv: readonly string[]): Promise<Running> =>
    stack.use(await startRole(role, ["--data", at(role), "--json", ...argv], logOf(role)))

  const [asKey, lpKey] = [keyOf(at("as"), "as"), keyOf(at("lp"), "lp")]
  const { ready } = await start("kme", "--branch-sae", "library")
  const kme = (sae: string): readonly string[] => {
    const access = ready.kme?.[sae]
    if (access === undefined) throw new Error(`the scene is broken: no KME for ${sae}`)
    return ["--kme", access.url, "--kme-files", access.files]
  }
  const doors = ["--operations", "0"]
  const lpSae = ["--lp-sae", `${lpKey}=library`]
  const pvs = await start("pvs", "--as-key", asKey, "--lp-key", lpKey, ...lpSae, ...kme("pvs"), ...doors)
  const lp = await start("lp", "--pvs", pvs.ready.url, ...kme("library"), ...doors)
  const pvsKey = pvs.ready.key ?? ""
  const branch = `library=${lpKey}@${lp.ready.url}`
  const as = await start("as", "--pvs", pvs.ready.url, "--pvs-key", pvsKey, "--lp", branch, ...doors)
  isReady = true

  const secrets = new Map<string, Uint8Array>()
  const marks: { as: string[]; pvs: string[] } = { as: [], pvs: [] }
  await using prover = await Prover.open()
  const users = []
  for (const name of ["Ana Kowalska", "Bo Nilsson"]) users.push(await enrol(name, as.ready.url, at("as"), prover))
  // Who is in waits for the next epoch, unless an operator seals the first one by hand.
  await askOperator(at("as"), "users/change", { name: "Bo Nilsson", now: true, change: { kind: "restore" } })
  for (const { name, code, journal, client } of users) {
    const { enrolment, commitment, secret, trapdoor } = membershipIn(journal.state, code)
    marks.as.push(name, code, toHex(enrolment), commitment)
    for (const [what, bytes] of Object.entries({ enrolment, secret, trapdoor }))
      secrets.set(`${what} of ${name}`, bytes)
    await client.obtain(1024, patience, noting(journal, name, secrets, marks.pvs), ({ bytes }) => {
      secrets.set(`key of ${name}`, bytes.slice())
    })
    said.push(inspect(await mistake(name, code, as.ready.url, prover), { depth: 8 }))
  }
  for (const folder of [at("as"), at("pvs"), at("lp"), at("kme")])
    for (const [path, bytes] of secretFiles(folder)) secrets.set(path, bytes)
  for (const running of [as, pvs, lp]) said.push(...(await answersOf(running)))
  return { logs, said, secrets, marks }
}

async function enrol(name: string, url: string, asFolder: string, prover: EntropyClientPorts["prover"]) {
  const added = (await askOperator(asFolder, "users", { name, quota: 4 })) as { readonly code: string }
  const { platform, enrolmentCode: code } = await discover(`${url}#${added.code}`, patience)
  const [localProvider] = platform.localProviders
  if (localProvider === undefined) throw new Error("the scene is broken: no Local Provider")
  const journal = memoryJournal()
  const client = new EntropyClient({
    platform,
    localProvider,
    authentication: new HttpAuthentication(platform),
    tap: new LoopbackTap(localProvider),
    prover,
    random,
    journal,
    clock: { now: Date.now },
  })
  await client.register(code, patience)
  return { name, code, journal, client }
}

/** What the client has in its journal at each step: the KEM secret is there from the request on, until its key came. */
function noting(
  journal: { readonly state: Bytes | undefined },
  name: string,
  secrets: Map<string, Uint8Array>,
  marks: string[],
): () => void {
  return () => {
    const state = sound(decodeClientState(journal.state ?? new Uint8Array()))
    const [pending] = state.memberships.flatMap(({ pending }) => (pending === undefined ? [] : [pending]))
    if (pending === undefined) return
    secrets.set(`KEM secret of ${name}`, pending.kemSeed)
    const { nullifier, kemPublicKey } = sound(decodeKeyRequest(pending.request))
    marks.push(toHex(FieldElement.toBytes(nullifier)), toHex(kemPublicKey.slice(0, 32)))
  }
}

function membershipIn(state: Bytes | undefined, code: string) {
  const [membership] = sound(decodeClientState(state ?? new Uint8Array())).memberships
  if (membership === undefined) throw new Error("the scene is broken: nobody registered")
  const { secret, trapdoor } = membership
  return {
    enrolment: sound(EnrolmentCode.fromText(code)).secret,
    commitment: toHex(FieldElement.toBytes(commitmentOf(secret, trapdoor))),
    secret: FieldElement.toBytes(secret),
    trapdoor: FieldElement.toBytes(trapdoor),
  }
}

/** Somebody uses a code that is used up on another device, and asks where nobody answers. */
async function mistake(
  name: string,
  code: string,
  url: string,
  prover: EntropyClientPorts["prover"],
): Promise<readonly unknown[]> {
  const { platform } = await discover(url, patience)
  const [localProvider] = platform.localProviders
  if (localProvider === undefined) throw new Error("the scene is broken: no Local Provider")
  const closed = "http://127.0.0.1:9/"
  const elsewhere = { ...platform, authentication: { ...platform.authentication, url: closed } }
  const errors: unknown[] = [await discover(`${closed}#${code}`, patience).catch((error: unknown) => error)]
  for (const at of [platform, elsewhere]) {
    const client = new EntropyClient({
      platform: at,
      localProvider,
      authentication: new HttpAuthentication(at),
      tap: new LoopbackTap({ ...localProvider, url: closed }),
      prover,
      random,
      journal: memoryJournal(),
      clock: { now: Date.now },
    })
    const error: unknown = await client.register(code, patience).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (error === undefined) throw new Error(`the scene is broken: ${name} registered twice`)
    errors.push(error)
  }
  return errors
}

/** Every file of a role's folder that holds a key; certificates and databases are looked at elsewhere. */
function secretFiles(folder: string): readonly (readonly [string, Uint8Array])[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" })
  return paths.flatMap((path) => {
    const name = join(folder, path)
    const read = (): string => readFileSync(name, "utf8").trim()
    if (/(?:\.key|key\.pem)$/.test(path)) return [[name, secretIn(read())] as const]
    if (path !== "operator.json") return []
    const { key } = JSON.parse(read()) as { readonly key: string }
    return [[name, new Uint8Array(Buffer.from(key, "hex"))] as const]
  })
}

/** Of a key in PEM, its last 32 bytes; else it is hexadecimal. */
function secretIn(text: string): Uint8Array {
  if (!text.startsWith("-----")) return new Uint8Array(Buffer.from(text, "hex"))
  return new Uint8Array(Buffer.from(text.replaceAll(/-----[A-Z ]+-----|\s/g, ""), "base64")).slice(-32)
}

/** What a role's doors say to whoever asks, sense and nonsense. */
async function answersOf({ ready }: Running): Promise<readonly string[]> {
  const origins = [ready.url, ready.operations ?? ready.url]
  const paths = [
    "/health",
    "/ready",
    "/metrics",
    "/status",
    "/.well-known/starling-eaas",
    "/operator/users",
    "/nowhere",
  ]
  const asked = origins.flatMap((origin) => paths.map((path) => new URL(path, origin)))
  const answers = await Promise.all(asked.map(async (url) => await fetch(url)))
  const nonsense = ["/as/registrations", "/pvs/requests", "/pvs/epochs", "/lp/requests"].map(
    async (path) => await fetch(new URL(path, ready.url), { method: "POST", body: utf8("nonsense") }),
  )
  return await Promise.all(
    [...answers, ...(await Promise.all(nonsense))].map(
      async (answer) => JSON.stringify([...answer.headers]) + (await answer.text()),
    ),
  )
}

/** Notes the address of every request to a server of this process, and all that is written to stdout and stderr. */
function overhearing(said: string[]): Disposable {
  const onRequest = (message: unknown): void => {
    const { request } = message as { readonly request: IncomingMessage }
    const { authorization: _, ...headers } = request.headers
    said.push(`${request.url ?? ""} ${JSON.stringify(headers)}`)
  }
  subscribe("http.server.request.start", onRequest)
  const restore = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream)
    stream.write = (chunk: string | Uint8Array): boolean => {
      said.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8"))
      return true
    }
    return () => (stream.write = write)
  })
  return {
    [Symbol.dispose]() {
      unsubscribe("http.server.request.start", onRequest)
      for (const undo of restore) undo()
    },
  }
}

function keyOf(folder: string, role: string): string {
  return toHex(roleKey(join(folder, "keys"), role).publicKey)
}
