import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { execFile } from "node:child_process"

import { z } from "zod"

const PROGRAM = join(import.meta.dirname, "../../../apps/eaas/src/main.ts")
const Ready = z.object({ url: z.string(), enrolment: z.string().optional() })

export interface PlatformProcess extends z.infer<typeof Ready> {
  readonly folder: string
}

/** All roles in one process, with a folder of its own; both are gone with `stack`. `options` are those of `starling-eaas all`. */
export async function startPlatform(
  stack: AsyncDisposableStack,
  options: readonly string[],
  folder = temporaryFolder(stack),
): Promise<PlatformProcess> {
  const server = spawn(process.execPath, [PROGRAM, "all", "--data", folder, "--json", ...options], {
    stdio: ["pipe", "pipe", "ignore"],
  })
  stack.defer(async () => {
    if (server.exitCode !== null || server.signalCode !== null) return
    const exit = once(server, "exit")
    server.kill("SIGTERM")
    await exit
  })
  const line = await Promise.race([
    once(createInterface({ input: server.stdout }), "line"),
    once(server, "exit").then(() => undefined),
  ])
  if (line === undefined) throw new Error(`the platform ended with ${server.exitCode} before it was ready`)
  return { folder, ...Ready.parse(JSON.parse(String(line[0]))) }
}

/** A one-time code for a new user. */
export async function addUser({ folder }: PlatformProcess, name: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, "user", "add", name, "--data", folder])
  return stdout.trim()
}

export function temporaryFolder(stack: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-eaas-bench-"))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
