import { join } from "node:path"

import { DatabaseError } from "@starling/eaas"
import { SourceFailed } from "@starling/entropy"
import { toHex } from "@starling/kernel"
import { z } from "zod"
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

const log = logTo((line) => process.stderr.write(line), Date.now)
const Users = z.array(z.object({ name: z.string(), quota: z.number(), registered: z.boolean() }))
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
        say(
          command,
          user,
          `${user.name}: ${user.quota} keys per epoch, ${user.registered ? "registered" : "not registered yet"}`,
        )
      }
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
