import { homedir } from "node:os"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"

import { z } from "zod"

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

const common = { data: z.string(), json: z.boolean().default(false) }
const serving = { ...common, port: port.default(0), database }
const threads = z.coerce.number().int().min(1).max(64).optional()
const epochHours = z.coerce
  .number()
  .positive()
  .max(24 * 31)
  .default(24)
const quota = z.coerce.number().int().min(1).max(65535)

const Command = z.discriminatedUnion("command", [
  z.strictObject({
    command: z.literal("all"),
    ...serving,
    epochHours,
    embedded: z.boolean().default(false),
    quota: quota.default(256),
    threads,
  }),
  z.strictObject({
    command: z.literal("as"),
    ...serving,
    epochHours,
    pvs: url,
    pvsKey: publicKey,
    lp: z.array(localProvider).min(1),
  }),
  z.strictObject({
    command: z.literal("pvs"),
    ...serving,
    asKey: publicKey,
    lpKey: z.array(publicKey).min(1),
    threads,
  }),
  z.strictObject({ command: z.literal("lp"), ...common, port: port.default(0), pvs: url }),
  z.strictObject({ command: z.literal("key"), ...common, role: z.enum(["as", "pvs", "lp"]) }),
  z.strictObject({
    command: z.literal("user add"),
    ...common,
    name: z.string().min(1).max(128),
    quota: quota.default(16),
  }),
  z.strictObject({ command: z.literal("user list"), ...common }),
])

export type Command = z.infer<typeof Command>
export type CommandOf<Name extends Command["command"]> = Extract<Command, { command: Name }>

export const USAGE = `starling-eaas all  [--port P] [--embedded] [--epoch-hours H]     the whole platform in one process
starling-eaas as   --pvs URL --pvs-key KEY --lp NAME=KEY@URL...     Authentication Server
starling-eaas pvs  --as-key KEY --lp-key KEY...                     Proof Validation Server
starling-eaas lp   --pvs URL                                        Local Provider
starling-eaas key  as|pvs|lp                                        the public key of a role
starling-eaas user add NAME [--quota N]                             prints a one-time enrolment code
starling-eaas user list
For all, as and pvs: [--database postgres://USER@HOST/NAME] or $STARLING_EAAS_DATABASE, where the URL has a password;
  several pvs may share a database, a key and so a data folder. For all and pvs: [--threads N] that verify (one a core).
Everywhere: [--data DIR] [--json]. Without --data: $STARLING_EAAS_DATA, else ~/.starling-eaas.`

/** Reads the command line, and the environment where it says nothing. Throws `UsageError`. */
export function readCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv)
  const { "epoch-hours": epochHours, "pvs-key": pvsKey, "as-key": asKey, "lp-key": lpKey, ...rest } = values
  const data = resolve(values.data ?? process.env["STARLING_EAAS_DATA"] ?? join(homedir(), ".starling-eaas"))
  const named = nameOf(positionals)
  const database = values.database ?? databaseOf(named["command"], values.embedded)
  const given = { ...rest, ...named, data, database, epochHours, pvsKey, asKey, lpKey }
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const command = Command.safeParse(present)
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
        "pvs-key": { type: "string" },
        "as-key": { type: "string" },
        "lp-key": { type: "string", multiple: true },
      },
    })
  } catch (cause) {
    throw new UsageError(`${cause instanceof Error ? cause.message : "unreadable arguments"}\n\n${USAGE}`, { cause })
  }
}

function nameOf(positionals: readonly string[]): Readonly<Record<string, string | undefined>> {
  const [first, second, third, ...more] = positionals
  if (first === undefined || more.length > 0) throw new UsageError(USAGE)
  if (first === "user") return { command: `user ${second ?? ""}`, name: third }
  if (third !== undefined) throw new UsageError(USAGE)
  return first === "key"
    ? { command: first, role: second }
    : { command: first, ...(second !== undefined && { extra: second }) }
}

function split(text: string, at: string): readonly [string, string] {
  const position = text.indexOf(at)
  return [text.slice(0, position), text.slice(position + 1)]
}
