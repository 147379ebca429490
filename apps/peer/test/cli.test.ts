import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { runCli } from "../src/cli/run.ts"

interface Ran {
  readonly status: number
  readonly out: string
  readonly err: string
}

async function run(...argv: readonly string[]): Promise<Ran> {
  let out = ""
  let err = ""
  const folder = temporaryFolder()
  const streams = { out: (text: string) => void (out += text), err: (text: string) => void (err += text) }
  const status = await runCli(argv, { dataFolder: folder, display: false }, streams)
  return { status, out, err }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-cli-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const GROUP = "00000000-0000-4000-8000-000000000000"

test.for([
  { argv: [], says: "which command" },
  { argv: ["fly"], says: 'no command "fly"' },
  { argv: ["group"], says: "takes one of: create, list" },
  { argv: ["group", "sing"], says: "takes one of: create, list" },
  { argv: ["group", "create"], says: "usage: starling group create NAME" },
  { argv: ["group", "create", "Owls", "--invite", "nobody"], says: '--invite takes everyone or admins, not "nobody"' },
  { argv: ["group", "role", GROUP, "PEER", "king"], says: 'member, admin or owner, not "king"' },
  { argv: ["group", "policy", GROUP, "--remove", "me"], says: "--remove takes everyone or admins" },
  { argv: ["group", "policy", "the choir"], says: "a group's UUID" },
  { argv: ["send", "G", "two", "words"], says: "quote what has spaces" },
  { argv: ["status", "--wings"], says: "--wings" },
  { argv: ["status", "--wait", "3"], says: "takes no --wait" },
  { argv: ["read", GROUP, "--wait", "soon"], says: "takes a number of seconds" },
  { argv: ["read", "the choir"], says: "a group's UUID" },
  { argv: ["send", "", "hello"], says: "a group's UUID" },
  { argv: ["up", "--port", "65536"], says: "from 0 to 65535" },
  { argv: ["up", "--port"], says: "--port" },
  { argv: ["up", "--entropy", "lots"], says: "mixed, strict, pure" },
  { argv: ["up", "--eaas", "somewhere"], says: "--eaas takes" },
  { argv: ["up", "--listen", "/ip4/::1/tcp/0"], says: "--listen takes" },
  { argv: ["settings", "receipts", "maybe"], says: 'receipts are "on" or "off"' },
  { argv: ["settings", "retention", "337"], says: "from 1 to 336" },
  { argv: ["mailbox", "--name", "Box"], says: "takes no --name" },
  { argv: ["status", "--data", ""], says: "--data takes a folder" },
])("`starling $argv` is refused with exit status 2 and one line that says: $says", async ({ argv, says }) => {
  const { status, out, err } = await run(...argv, ...(argv[0] === "read" ? ["--data", runningFolder()] : []))
  expect(status).toBe(2)
  expect(out).toBe("")
  expect(err).toContain(says)
  expect(err.trimEnd().split("\n")).toHaveLength(1)
})

test("with --json a fault is one JSON object on stderr", async () => {
  const { status, out, err } = await run("status", "--json")
  expect(status).toBe(1)
  expect(out).toBe("")
  expect(JSON.parse(err)).toEqual({ error: { code: "not-running", message: expect.stringContaining("starling up") } })
})

test("a daemon that no longer answers is told apart from a wrong command line", async () => {
  const folder = runningFolder()
  const { status, err } = await run("status", "--data", folder)
  expect(status).toBe(1)
  expect(err).toContain(`starling up --data ${folder}`)
})

test("what follows `--` is taken as it is, and only there", async () => {
  const folder = runningFolder()
  expect(await run("send", "--data", folder, GROUP, "--", "-x")).toMatchObject({ status: 1 })
  expect(await run("send", "--data", folder, GROUP, "-x")).toMatchObject({ status: 2 })
  expect((await run("--help")).out).toContain("before `--`")
})

test("help lists every command, and each command its options", async () => {
  const all = await run("--help")
  expect(all.status).toBe(0)
  for (const words of ["up", "demo", "group heal", "group role", "group policy", "entropy log", "contact verify"])
    expect(all.out).toContain(words)
  const one = await run("read", "--help")
  expect(one.out).toContain("--since ID")
})

/** A data folder whose `api.json` points to where nobody listens. */
function runningFolder(): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "api.json"), JSON.stringify({ version: 1, url: "http://127.0.0.1:9", key: "k", pid: 1 }))
  return folder
}
