import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"

import { z } from "zod"
import { LOOPBACK } from "./http/bind.ts"
import { SourceOptions } from "./source/settings.ts"

/** What was wrong with the command line; the message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = "UsageError"
}

const publicKey = z.string().regex(/^[0-9a-f]{64}$/, "a public key has 64 hexadecimal digits")
const port = z.coerce.number().int().min(0).max(65535)
const url = z.url({ protocol: /^https?$/ })
const localProvider = z
  .string()
  .regex(/^[^=@]{1,64}=[0-9a-f]{64}@https?:\/\/.+$/, "a Local Provider is given as NAME=PUBLICKEY@URL")
  .transform((text) => {
    const [name, rest] = split(text, "=")
    const [publicKey, url] = split(rest, "@")
    return { name, publicKey, url }
  })

/** Of PostgreSQL; without one, the database is in the data folder. */
const database = z
  .string()
  .regex(/^postgres(ql)?:\/\//, "a database is given as postgres://user@host:port/name")
  .optional()

/** Where metrics and status page are served: `PORT` of this machine, or `ADDRESS:PORT`. */
const operations = z
  .string()
  .regex(/^(?:[^:\s]+:)?\d{1,5}$/, "the operators' door is given as PORT or ADDRESS:PORT")
  .transform((text) => {
    const [first = "", second] = text.split(":")
    return second === undefined ? { host: LOOPBACK, port: Number(first) } : { host: first, port: Number(second) }
  })
  .optional()
/** The address that a role listens on. */
const listen = z.string().min(1).default(LOOPBACK)
const common = { data: z.string(), json: z.boolean().default(false) }
const serving = { ...common, listen, port: port.default(0), database, operations }
const threads = z.coerce.number().int().min(1).max(64).optional()
const epochHours = z.coerce
  .number()
  .positive()
  .max(24 * 31)
  .default(24)
/** What the PVS does where its KME has less key than an answer needs. */
const onShortKey = z.enum(["wait", "fail", "aes-256-gcm"]).default("wait")
/** Share of the simulated link's pulses that somebody measures on their way. */
const eavesdropper = z.coerce.number().min(0).max(1).default(0)
const saeName = z.string().regex(/^[^=]{1,64}$/, "an SAE's name has 1 to 64 characters")
/** A role's own KME: its URL, and a folder with `ca.pem`, `cert.pem` and `key.pem`. Without one, answers travel unsealed. */
const kme = { kme: z.url({ protocol: /^https$/ }).optional(), kmeFiles: z.string().optional() }
const providerSae = z
  .string()
  .regex(/^[0-9a-f]{64}=[^=]{1,64}$/, "the name of a Local Provider at its KME is given as PUBLICKEY=NAME")
  .transform((text) => split(text, "="))
/** Of PC/SC readers, each by a part of its name. Whoever holds a phone to one is served. */
const reader = z.array(z.string().min(1).max(128)).max(8).default([])
/**
 * Registration by certificate: a port of its own; a folder with the server's `cert.pem` and `key.pem` and the users' `ca.pem`;
 * their list of revoked certificates; and where clients find all that, if it is not this machine.
 */
const certified = {
  tlsPort: port.optional(),
  tlsFiles: z.string().optional(),
  crl: z.string().optional(),
  certifiedUrl: z.url({ protocol: /^https$/ }).optional(),
  certifiedQuota: z.coerce.number().int().min(1).max(65535).default(16),
}
/** The name in a certificate: at most 64 characters (RFC 5280, ub-common-name), and good for the name of a folder. */
const commonName = z.string().regex(/^(?!\.)[^\p{Cc}/\\]{1,64}$/u, "a certificate's name has 1 to 64 characters")
const days = z.coerce.number().positive().max(3650).default(365)
const quota = z.coerce.number().int().min(1).max(65535)
const source = SourceOptions.prefault({})

const Command = z.discriminatedUnion("command", [
  z.strictObject({
    command: z.literal("all"),
    ...serving,
    epochHours,
    embedded: z.boolean().default(false),
    quota: quota.default(256),
    onShortKey,
    eavesdropper,
    threads,
    source,
    reader,
  }),
  z.strictObject({
    command: z.literal("as"),
    ...serving,
    epochHours,
    pvs: url,
    pvsKey: publicKey,
    lp: z.array(localProvider).min(1),
    production: z.boolean().default(false),
    ...certified,
  }),
  z.strictObject({
    command: z.literal("pvs"),
    ...serving,
    asKey: publicKey,
    lpKey: z.array(publicKey).min(1),
    ...kme,
    lpSae: z.array(providerSae).default([]),
    threads,
    source,
    onShortKey,
    production: z.boolean().default(false),
    restored: z.boolean().default(false),
  }),
  z.strictObject({
    command: z.literal("lp"),
    ...common,
    listen,
    port: port.default(0),
    operations,
    pvs: url,
    ...kme,
    pvsSae: saeName.default("pvs"),
    production: z.boolean().default(false),
    reader,
  }),
  z.strictObject({
    command: z.literal("kme"),
    ...common,
    port: port.default(0),
    platformSae: z.array(saeName).min(1).default(["pvs"]),
    branchSae: z.array(saeName).min(1),
    eavesdropper,
  }),
  z.strictObject({ command: z.literal("key"), ...common, role: z.enum(["as", "pvs", "lp"]) }),
  z.strictObject({
    command: z.literal("user add"),
    ...common,
    name: z.string().min(1).max(128),
    quota: quota.default(16),
  }),
  z.strictObject({ command: z.literal("user list"), ...common }),
  z.strictObject({
    command: z.literal("user revoke"),
    ...common,
    name: z.string().min(1).max(128),
    now: z.boolean().default(false),
  }),
  z.strictObject({ command: z.literal("user restore"), ...common, name: z.string().min(1).max(128) }),
  z.strictObject({ command: z.literal("user limit"), ...common, name: z.string().min(1).max(128), days }),
  z.strictObject({ command: z.literal("user reset"), ...common, name: z.string().min(1).max(128) }),
  z.strictObject({ command: z.literal("ca init"), ...common, name: commonName.default("Starling EaaS users") }),
  z.strictObject({
    command: z.literal("ca server"),
    ...common,
    name: commonName,
    host: z.array(z.string().min(1)).min(1).default(["127.0.0.1", "localhost"]),
    days,
  }),
  z.strictObject({ command: z.literal("ca user"), ...common, name: commonName, days }),
  z.strictObject({ command: z.literal("ca revoke"), ...common, name: commonName }),
  z.strictObject({ command: z.literal("ca list"), ...common }),
  z.strictObject({
    command: z.literal("qrng sample"),
    ...common,
    bytes: z.coerce
      .number()
      .int()
      .min(0)
      .max(2 ** 40),
    stage: z.enum(["raw", "extracted", "output"]).default("output"),
    source,
  }),
  z.strictObject({ command: z.literal("qrng status"), ...common }),
  z.strictObject({ command: z.literal("qrng restart"), ...common }),
])

export type Command = z.infer<typeof Command>
export type CommandOf<Name extends Command["command"]> = Extract<Command, { command: Name }>

export const USAGE = `starling-eaas all  [--port P] [--embedded] [--epoch-hours H]     the whole platform in one process
starling-eaas as   --pvs URL --pvs-key KEY --lp NAME=KEY@URL...     Authentication Server
starling-eaas pvs  --as-key KEY --lp-key KEY...                     Proof Validation Server
starling-eaas lp   --pvs URL                                        Local Provider
starling-eaas kme  --branch-sae NAME... [--eavesdropper SHARE]     a pair of KMEs over a simulated QKD link
starling-eaas key  as|pvs|lp                                        the public key of a role
starling-eaas user add NAME [--quota N]                             prints a one-time enrolment code
starling-eaas user list
starling-eaas user revoke NAME [--now]                              out of the next epoch, or of this one too
starling-eaas user restore NAME                                     takes that back
starling-eaas user limit NAME --days N                              until when a user is let into epochs
starling-eaas user reset NAME                                       for a lost device: another one may register
starling-eaas ca init [NAME]                                        an authority for users' certificates
starling-eaas ca server NAME [--host H...] [--days N]               a certificate for an AS
starling-eaas ca user NAME [--days N]                               a certificate for a user
starling-eaas ca revoke NAME                                        revokes a user's certificates
starling-eaas ca list
For as: [--tls-port P --tls-files DIR [--crl FILE] [--certified-quota N] [--certified-url URL]] to register by certificate.
For all, as and pvs: [--database postgres://USER@HOST/NAME] or $STARLING_EAAS_DATABASE, where the URL has a password;
  several pvs may share a database and a key. For all and pvs: [--threads N] that verify (one a core).
starling-eaas qrng status                                           the source of a running PVS
starling-eaas qrng restart                                          after a failure that was seen to
starling-eaas qrng sample --bytes N [--raw | --extracted]           writes bytes for referees to stdout
For all, pvs and qrng sample: [--source simulator | device:PATH | anu | idq | quandela | qrypt] [--source-entropy BITS]
  [--source-url URL] [--source-ca FILE] [--source-key-file FILE]. The key may stand in $STARLING_EAAS_SOURCE_KEY instead.
For all and pvs: [--on-short-key wait|fail|aes-256-gcm]. For all: [--eavesdropper SHARE]
For lp, and for the branches of all in their order: [--reader NAME...], PC/SC readers by a part of their names.
For as, pvs and lp: [--production], which refuses what is simulated or for development.
For pvs: [--restored], once, after its database was put back from a backup.
For pvs and lp: [--kme URL --kme-files DIR]; for pvs: [--lp-sae KEY=NAME...], for lp: [--pvs-sae NAME].
For all, as, pvs and lp: [--listen ADDRESS] (127.0.0.1) and [--operations PORT | ADDRESS:PORT] for metrics and status page.
Everywhere: [--data DIR] [--json]. Without --data: $STARLING_EAAS_DATA, else ~/.starling-eaas.`

/** Reads the command line, and the environment where it says nothing. Throws `UsageError`. */
export function readCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv)
  const { "epoch-hours": epochHours, "pvs-key": pvsKey, "as-key": asKey, "lp-key": lpKey, ...others } = values
  const { source, rest: andChannel } = sourceOf(others)
  const { channel, rest: andCertified } = channelOf(andChannel)
  const { certified, rest } = certifiedOf(andCertified)
  const { raw, extracted, ...plain } = rest
  if (raw && extracted) throw new UsageError("samples are either raw or extracted")
  const stage = raw ? "raw" : extracted ? "extracted" : undefined
  const data = resolve(values.data ?? process.env["STARLING_EAAS_DATA"] ?? join(homedir(), ".starling-eaas"))
  const named = nameOf(positionals)
  const database = values.database ?? databaseOf(named["command"], values.embedded)
  const given = {
    ...plain,
    stage,
    ...named,
    data,
    database,
    epochHours,
    pvsKey,
    asKey,
    lpKey,
    source,
    ...channel,
    ...certified,
  }
  const command = Command.safeParse(present(given))
  if (!command.success) throw new UsageError(`${z.prettifyError(command.error)}\n\n${USAGE}`)
  return command.data
}

/** An embedded platform belongs to one peer, and is no one else's business. */
function databaseOf(command: string | undefined, embedded = false): string | undefined {
  const takesOne = !embedded && ["all", "as", "pvs"].includes(command ?? "")
  return takesOne ? process.env["STARLING_EAAS_DATABASE"] : undefined
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        data: { type: "string" },
        port: { type: "string" },
        json: { type: "boolean" },
        embedded: { type: "boolean" },
        quota: { type: "string" },
        database: { type: "string" },
        threads: { type: "string" },
        pvs: { type: "string" },
        lp: { type: "string", multiple: true },
        "epoch-hours": { type: "string" },
        "on-short-key": { type: "string" },
        eavesdropper: { type: "string" },
        production: { type: "boolean" },
        restored: { type: "boolean" },
        kme: { type: "string" },
        "kme-files": { type: "string" },
        "lp-sae": { type: "string", multiple: true },
        "pvs-sae": { type: "string" },
        "platform-sae": { type: "string", multiple: true },
        "branch-sae": { type: "string", multiple: true },
        "pvs-key": { type: "string" },
        "as-key": { type: "string" },
        "lp-key": { type: "string", multiple: true },
        reader: { type: "string", multiple: true },
        now: { type: "boolean" },
        days: { type: "string" },
        host: { type: "string", multiple: true },
        listen: { type: "string" },
        operations: { type: "string" },
        "tls-port": { type: "string" },
        "tls-files": { type: "string" },
        crl: { type: "string" },
        "certified-url": { type: "string" },
        "certified-quota": { type: "string" },
        bytes: { type: "string" },
        raw: { type: "boolean" },
        extracted: { type: "boolean" },
        source: { type: "string" },
        "source-url": { type: "string" },
        "source-key-file": { type: "string" },
        "source-ca": { type: "string" },
        "source-entropy": { type: "string" },
      },
    })
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : "unreadable arguments"}\n\n${USAGE}`, { cause })
  }
}

/** The options of the quantum channel by themselves. */
function channelOf(values: ReturnType<typeof sourceOf>["rest"]) {
  const {
    "on-short-key": onShortKey,
    "kme-files": kmeFiles,
    "lp-sae": lpSae,
    "pvs-sae": pvsSae,
    "platform-sae": platformSae,
    "branch-sae": branchSae,
    ...rest
  } = values
  return { rest, channel: { onShortKey, kmeFiles, lpSae, pvsSae, platformSae, branchSae } }
}

/** The options of registration by certificate by themselves. */
function certifiedOf(values: ReturnType<typeof channelOf>["rest"]) {
  const {
    "tls-port": tlsPort,
    "tls-files": tlsFiles,
    "certified-url": certifiedUrl,
    "certified-quota": certifiedQuota,
    ...rest
  } = values
  return { rest, certified: { tlsPort, tlsFiles, certifiedUrl, certifiedQuota } }
}

/** The options of the source by themselves; the key joins them where a source was chosen, and stays out of other commands. */
function sourceOf(values: Omit<ReturnType<typeof parse>["values"], "lp-key">) {
  const {
    source,
    "source-url": url,
    "source-key-file": keyFile,
    "source-ca": ca,
    "source-entropy": entropy,
    ...rest
  } = values
  const given = present({ source, url, keyFile, ca, entropy })
  const key = source === undefined || keyFile !== undefined ? undefined : process.env["STARLING_EAAS_SOURCE_KEY"]
  return { rest, source: Object.keys(given).length === 0 ? undefined : { ...given, ...present({ key }) } }
}

function present(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))
}

function nameOf(positionals: readonly string[]): Readonly<Record<string, string | undefined>> {
  const [first, second, third, ...more] = positionals
  if (first === undefined || more.length > 0) throw new UsageError(USAGE)
  if (first === "user" || first === "ca") return { command: `${first} ${second ?? ""}`, name: third }
  if (first === "qrng") return { command: `qrng ${second ?? ""}`, extra: third }
  if (third !== undefined) throw new UsageError(USAGE)
  return first === "key"
    ? { command: first, role: second }
    : { command: first, ...(second !== undefined && { extra: second }) }
}

function split(text: string, at: string): readonly [string, string] {
  const position = text.indexOf(at)
  return [text.slice(0, position), text.slice(position + 1)]
}
