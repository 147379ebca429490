import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { expect, test } from "vitest"
import { z } from "zod"
import { temporaryFolder } from "./peer-process.ts"

const REPOSITORY = fileURLToPath(new URL("../../../..", import.meta.url))
const ApiFile = z.object({ pid: z.number() })
const Demo = z.object({ ready: z.literal(true), peers: z.array(z.object({ data: z.string() })) })
const QUIET = ["--json", "--headless", "--no-open"]

/** A command under npm, which leads a group of processes. */
async function start(npm: string, ...argv: readonly string[]) {
  const child = spawn(npm, argv, { cwd: REPOSITORY, detached: true, stdio: ["ignore", "pipe", "inherit"] })
  const closed = once(child, "close")
  const [line]: unknown[] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    closed.then(() => ["{}"]),
  ])
  return { child, line: String(line), closed }
}

/** Resolves once no process holds the output any more, which is the daemon's too; at the end of patience the daemon is killed. */
async function ended(closed: Promise<unknown>, daemon: number, patience: number): Promise<boolean> {
  const given = AbortSignal.timeout(patience)
  const inTime = await Promise.race([closed.then(() => true), once(given, "abort").then(() => false)])
  if (!inTime) process.kill(daemon, "SIGKILL")
  return inTime
}

function pidOf(dataFolder: string): number {
  return ApiFile.parse(JSON.parse(readFileSync(join(dataFolder, "api.json"), "utf8"))).pid
}

function upOn(dataFolder: string): readonly string[] {
  const network = ["--port", "0", "--listen", "/ip4/127.0.0.1/tcp/0", "--no-mdns", "--eaas", "off"]
  return ["--data", dataFolder, ...QUIET, ...network]
}

test.for([
  { name: "npx starling up", command: ["npx", "--no-install", "starling", "up"], whom: 1 },
  { name: "npm start", command: ["npm", "start", "--silent", "--"], whom: 1 },
  { name: "every process of npx starling up", command: ["npx", "--no-install", "starling", "up"], whom: -1 },
] as const)("SIGTERM to `$name` ends the daemon, cleanly and soon", async ({ command: [npm, ...argv], whom }) => {
  const folder = temporaryFolder("npm")
  const { child, closed } = await start(npm, ...argv, ...upOn(folder))
  const daemon = pidOf(folder)
  process.kill(whom * (child.pid ?? Number.NaN), "SIGTERM")
  expect(await ended(closed, daemon, 3_000)).toBe(true)
  expect(existsSync(join(folder, "api.json"))).toBe(false)
})

test("SIGTERM to `npx starling demo` ends it and removes its data", async () => {
  const { child, line, closed } = await start("npx", "--no-install", "starling", "demo", ...QUIET)
  const folders = Demo.parse(JSON.parse(line)).peers.map(({ data }) => data)
  const daemon = pidOf(folders[0] ?? "")
  child.kill("SIGTERM")
  expect(await ended(closed, daemon, 8_000)).toBe(true)
  expect(folders.filter((folder) => existsSync(folder))).toEqual([])
})
