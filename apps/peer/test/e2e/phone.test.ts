import { execFileSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer, request as forward, type Server } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { discover, LoopbackTap } from "@starling/eaas"
import { TapDesk, type TapOutcome } from "@starling/eaas/tap"
import * as qr from "jsqr"
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest"
import { z } from "zod"
import { EmbeddedEaas } from "../../src/daemon/embedded-eaas.ts"
import { TestPhone } from "../test-phone.ts"
import { PeerProcess, temporaryFolder, until } from "./peer-process.ts"

const STARLING = fileURLToPath(new URL("../../bin/starling.js", import.meta.url))
const forever = new AbortController().signal
const Status = z.object({
  pool: z.object({ bytes: z.number() }),
  sources: z.array(z.object({ id: z.string(), path: z.string(), detail: z.string() })),
})
const Code = z.object({ code: z.string() })

let eaas: EmbeddedEaas
const folder = mkdtempSync(join(tmpdir(), "starling-platform-"))

beforeAll(async () => {
  eaas = await EmbeddedEaas.start(join(folder, "eaas"), forever)
})

afterAll(async () => {
  await eaas[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, maxRetries: 5 })
})

/** A branch of the platform: its reader has the air to itself, its Local Provider the platform's network. */
async function branchOf(url: string, branch = 0): Promise<TapDesk> {
  const { platform } = await discover(url, forever)
  const provider = new LoopbackTap(platform.localProviders[branch]!)
  return new TapDesk(
    { request: async (frame, signal) => await provider.transceive(new Uint8Array(frame), signal) },
    async (milliseconds) => await new Promise((resolve) => setTimeout(resolve, milliseconds)),
  )
}

async function tap(desk: TapDesk, phone: TestPhone): Promise<TapOutcome> {
  await phone.request()
  return await desk.serve({ transmit: async (command) => await phone.card.process(command) }, forever)
}

async function poolOf(peer: PeerProcess): Promise<number> {
  return (await peer.ask(Status, "entropy", "status")).pool.bytes
}

/** The network of a peer, which can be taken away. */
async function networkTo(origin: string): Promise<{ readonly origin: string; readonly server: Server }> {
  const server = createServer((incoming, outgoing) => {
    const onwards = forward(new URL(incoming.url ?? "/", origin), { method: incoming.method }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(onwards)
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return { origin: `http://127.0.0.1:${address.port}`, server }
}

test("a phone that scanned the code fills the pool by taps, at the branch that the person chose and no other", async () => {
  const url = await eaas.urlForUser("who scans")
  const options = ["--no-mdns", "--eaas", url, "--branch", "second branch", "--phone", "127.0.0.1:0"]
  const ana = await PeerProcess.up("Ana", options)
  using phone = await TestPhone.pair(scan(ana))
  await phone.request()
  const waiting = await ana.ask(Status, "entropy", "status")
  expect(waiting.sources.find(({ id }) => id === "eaas")).toMatchObject({
    path: "nfc tap",
    detail: "waiting for the phone at the branch's reader",
  })
  const [wrong, right] = [await branchOf(url, 0), await branchOf(url, 1)]
  expect(await tap(wrong, phone)).toEqual({ kind: "turned-away", reason: "wrong-local-provider" })
  expect(await poolOf(ana)).toBe(0)
  expect(await tap(right, phone)).toEqual({ kind: "delivered" })
  // The receipt came, so it is in the pool: whatever happens to the peer next.
  await ana.end("SIGKILL")
  const again = await PeerProcess.up("Ana", ["--no-mdns", "--eaas", "off"], ana.folder)
  expect(await poolOf(again)).toBe(8192)
  const { sources } = await again.ask(Status, "entropy", "status")
  expect(sources.find(({ id }) => id === "eaas")).toMatchObject({ path: "nfc tap" })
})

test("a request that was made in time gets its key by the phone alone, without any network and after a crash", async () => {
  const direct = await eaas.urlForUser("who is away")
  const { origin, server } = await networkTo(new URL(direct).origin)
  const options = ["--no-mdns", "--eaas", `${origin}/${new URL(direct).hash}`, "--phone", "127.0.0.1:0"]
  const ana = await PeerProcess.up("Ana", options)
  const { code } = await ana.ask(Code, "phone", "pair")
  using early = await TestPhone.pair(code)
  const request = await early.request()
  const branch = await branchOf(direct)

  server.closeAllConnections()
  server.close()
  await once(server, "close")
  await ana.end("SIGKILL")
  const offline = await PeerProcess.up("Ana", options, ana.folder)
  using phone = await TestPhone.pair((await offline.ask(Code, "phone", "pair")).code)
  expect(await phone.request()).toEqual(request)
  expect(await tap(branch, phone)).toEqual({ kind: "delivered" })
  expect(await poolOf(offline)).toBe(8192)
})

test("an app on the same phone gets the code by an Intent that names it, and nobody else does", async () => {
  const ana = await PeerProcess.up("Ana", [
    "--no-mdns",
    "--eaas",
    await eaas.urlForUser("whose phone is all"),
    "--phone",
    "127.0.0.1:0",
  ])
  const phones = temporaryFolder("am")
  const [bin, sent] = [join(phones, "bin"), join(phones, "sent")]
  mkdirSync(bin)
  writeFileSync(join(bin, "am"), `#!/bin/sh\nprintf '%s\\n' "$@" > ${sent}\n`)
  chmodSync(join(bin, "am"), 0o755)
  const told = execFileSync(process.execPath, [STARLING, "phone", "pair", "--here", "--data", ana.folder], {
    encoding: "utf8",
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"]}` },
  })
  const [start, name, component, kind, extra, code = ""] = readFileSync(sent, "utf8").trim().split("\n")
  expect([start, name, component, kind, extra]).toEqual([
    "start",
    "-n",
    "org.starling.tap/.PairActivity",
    "--es",
    "org.starling.tap.CODE",
  ])
  expect(told).not.toContain(code)
  using phone = await TestPhone.pair(code)
  await until("the phone has the request", async () => (await phone.request()).length > 1000, 60_000)
})

test("a daemon whose keys come by no phone pairs with none", async () => {
  const ana = await PeerProcess.up("Ana")
  await expect(ana.starling("phone", "pair")).rejects.toThrow(/no-phone.*--phone/)
})

/** What a camera makes of the picture in the terminal. */
function scan(peer: PeerProcess): string {
  const out = execFileSync(process.execPath, [STARLING, "phone", "pair", "--data", peer.folder], { encoding: "utf8" })
  const rows = out.split("\n").filter((line) => /^[ █▀▄]+$/.test(line) && line.length > 20)
  const scale = 4
  const width = (rows[0] ?? "").length * scale
  const height = rows.length * 2 * scale
  const pixels = new Uint8ClampedArray(width * height * 4)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const cell = rows[Math.floor(y / scale / 2)]?.[Math.floor(x / scale)] ?? " "
      const isUpper = Math.floor(y / scale) % 2 === 0
      const isLight = cell === "█" || cell === (isUpper ? "▀" : "▄")
      pixels.fill(isLight ? 255 : 0, (y * width + x) * 4, (y * width + x) * 4 + 3)
      pixels[(y * width + x) * 4 + 3] = 255
    }
  }
  return qr.default.default(pixels, width, height)?.data ?? ""
}
