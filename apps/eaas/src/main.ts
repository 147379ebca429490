import { join } from "node:path"

import { DatabaseError } from "@starling/eaas"
import { SourceFailed } from "@starling/entropy"
import { toHex } from "@starling/kernel"
import { z } from "zod"
import { AuthorityError, AuthorityFolder, type IssuedEntry } from "./certificates/authority-folder.ts"
import { readCommand, UsageError, type Command } from "./config.ts"
import { logTo } from "./log.ts"
import { ReaderMissing } from "./nfc/pcsc-reader.ts"
import { askOperator, OperatorError } from "./operator.ts"
import { roleKey } from "./role-keys.ts"
import { startAll } from "./roles/all.ts"
import { startKmes } from "./roles/kme.ts"
import type { Running } from "./roles/ready.ts"
import { startAs, startLp, startPvs } from "./roles/single.ts"
import { SourceMisconfigured } from "./source/open-device.ts"
import { sample } from "./source/sample.ts"

const DAY = 24 * 3_600_000
const log = logTo((line) => process.stderr.write(line), Date.now)
const Users = z.array(
  z.object({
    name: z.string(),
    quota: z.number(),
    registered: z.boolean(),
    by: z.enum(["code", "certificate"]),
    validUntil: z.number().optional(),
    withdrawn: z.boolean(),
  }),
)
const Changed = z.object({ name: z.string(), code: z.string().optional() })
const Health = z.looseObject({
  id: z.string(),
  simulated: z.boolean(),
  state: z.string(),
  failure: z.object({ fault: z.string(), detail: z.string(), at: z.string() }).nullable(),
})
const Added = z.object({ name: z.string(), quota: z.number(), code: z.string() })

try {
  await run(readCommand(process.argv.slice(2)))
} catch (error) {
  fail(error)
}

async function run(command: Command): Promise<void> {
  switch (command.command) {
    case "all":
      return await serve(command, await startAll(command, log), command.embedded)
    case "as":
      return await serve(command, await startAs(command, log))
    case "pvs":
      return await serve(command, await startPvs(command, log))
    case "lp":
      return await serve(command, await startLp(command, log))
    case "kme":
      return await serve(command, await startKmes(command, log))
    case "key": {
      const key = toHex(roleKey(join(command.data, "keys"), command.role).publicKey)
      return say(command, { key }, key)
    }
    case "user add": {
      const { name, quota } = command
      const user = Added.parse(await askOperator(command.data, "users", { name, quota }))
      return say(command, user, user.code)
    }
    case "user list": {
      const users = Users.parse(await askOperator(command.data, "users"))
      for (const user of users) {
        say(command, user, userSentence(user))
      }
      return
    }
    case "user revoke": {
      const { name, now } = command
      const when = now ? "Out of this epoch, and of those to come" : "Out of the epochs to come"
      return await change(command, { name, now, change: { kind: "withdraw" } }, when)
    }
    case "user restore":
      return await change(
        command,
        { name: command.name, change: { kind: "restore" } },
        "In again, from the next seal on",
      )
    case "user limit": {
      const validUntil = Date.now() + command.days * DAY
      const wish = { name: command.name, change: { kind: "limit", validUntil } }
      return await change(command, wish, `In epochs that open before ${new Date(validUntil).toISOString()}`)
    }
    case "user reset":
      return await change(command, { name: command.name, change: { kind: "free" } }, "Another device may register")
    case "ca init": {
      await AuthorityFolder.create(command.data, command.name, Date.now())
      return say(command, { authority: command.data }, `An authority in ${command.data}: ca.key stays there.`)
    }
    case "ca server":
    case "ca user": {
      const hosts = command.command === "ca server" ? command.host : []
      const kind = command.command === "ca server" ? "server" : "user"
      const { name, days } = command
      const files = await AuthorityFolder.open(command.data).issue({ kind, name, days, hosts }, Date.now())
      return say(command, { name, files }, files)
    }
    case "ca revoke": {
      await AuthorityFolder.open(command.data).revoke("user", command.name, Date.now())
      const list = join(command.data, "crl.pem")
      return say(command, { name: command.name, crl: list }, `Revoked: give ${list} to the AS.`)
    }
    case "ca list": {
      for (const entry of AuthorityFolder.open(command.data).list()) say(command, entry, issuedSentence(entry))
      return
    }
    case "qrng sample":
      return await sample(command, process.stdout, (line) => process.stderr.write(`${line}\n`))
    case "qrng status":
      return sayHealth(command, await askOperator(command.data, "source"))
    case "qrng restart":
      return sayHealth(command, await askOperator(command.data, "source/restart", {}))
  }
}

/** Has the AS that runs on this folder change a user; a new code is the answer where there is one. */
async function change(command: Command, wish: object, done: string): Promise<void> {
  const changed = Changed.parse(await askOperator(command.data, "users/change", wish))
  say(command, changed, changed.code === undefined ? `${done}: ${changed.name}.` : changed.code)
}

function userSentence({ name, quota, registered, by, validUntil, withdrawn }: z.infer<typeof Users>[number]): string {
  const parts = [`${quota} keys per epoch`, `by ${by}`, registered ? "registered" : "not registered yet"]
  if (validUntil !== undefined) parts.push(`until ${new Date(validUntil).toISOString()}`)
  if (withdrawn) parts.push("withdrawn")
  return `${name}: ${parts.join(", ")}`
}

function issuedSentence({ kind, name, serial, validUntil, revokedAt }: IssuedEntry): string {
  const end = revokedAt === undefined ? `until ${new Date(validUntil).toISOString()}` : "revoked"
  return `${kind} ${name}: ${serial}, ${end}`
}

/** Says that it is ready, and stops on a signal; an embedded platform also when the peer that started it is gone. */
async function serve(command: Command, running: Running, embedded = false): Promise<void> {
  const { url, enrolment } = running.ready
  say(command, running.ready, `Ready at ${url}${enrolment === undefined ? "" : `#${enrolment}`}`)
  await stopRequest(embedded)
  await running[Symbol.asyncDispose]()
  log("stopped")
  process.exit(0)
}

async function stopRequest(embedded: boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once("SIGINT", () => resolve())
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve())
    if (!embedded) return
    process.stdin.once("end", () => resolve()).once("close", () => resolve())
    process.stdin.on("error", () => resolve()).resume()
  })
}

/** The exit code tells scripts whether the source gives anything. */
function sayHealth(command: Command, answer: unknown): void {
  const health = Health.parse(answer)
  const { failure } = health
  const why = failure === null ? "" : `: ${failure.fault} (${failure.detail}), at ${failure.at}`
  say(command, health, `${health.id}${health.simulated ? ", simulated" : ""}, ${health.state}${why}`)
  if (health.state === "failed") process.exitCode = 1
}

function say(command: Command, value: object, text: string): void {
  process.stdout.write(`${command.json ? JSON.stringify(value) : text}\n`)
}

/** Faults of the world and of the person are told in a line; ours with all that is known of them. */
function fail(error: unknown): void {
  const told =
    error instanceof UsageError ||
    error instanceof OperatorError ||
    error instanceof ReaderMissing ||
    error instanceof AuthorityError ||
    error instanceof DatabaseError ||
    error instanceof SourceFailed ||
    error instanceof SourceMisconfigured ||
    isSystemFault(error)
  if (!told) throw error
  process.stderr.write(
    process.argv.includes("--json")
      ? `${JSON.stringify({ error: { code: codeOf(error), message: error.message } })}\n`
      : `${error.message}\n`,
  )
  process.exit(1)
}

function codeOf(error: Error): string {
  if (error instanceof UsageError) return "usage"
  if (error instanceof SourceFailed) return "source-failed"
  if ("code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT")) return "disk-full"
  return error instanceof DatabaseError ? error.reason : "refused"
}

function isSystemFault(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error
}
