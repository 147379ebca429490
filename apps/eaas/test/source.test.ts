import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Writable } from "node:stream"
import { inspect } from "node:util"

import { afterAll, beforeEach, describe, expect, test } from "vitest"

import { readCommand, UsageError } from "../src/config.ts"
import type { Log } from "../src/log.ts"
import { PlatformSource } from "../src/source/platform-source.ts"
import { sample, type Stage } from "../src/source/sample.ts"
import type { SourceSettings } from "../src/source/settings.ts"
import { SourceOfPvs } from "../src/source/source-of-pvs.ts"

const root = mkdtempSync(join(tmpdir(), "starling-source-"))
const patience = AbortSignal.timeout(60_000)
const stuck: SourceSettings = { kind: "device", path: "/dev/zero", entropyPerByte: 4 }
const sound: SourceSettings = { kind: "device", path: "/dev/urandom", entropyPerByte: 4 }
let folder: string
let events: string[]
const log: Log = (event, figures) => void events.push(JSON.stringify({ event, ...figures }))

beforeEach(() => {
  folder = mkdtempSync(join(root, "data-"))
  events = []
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

describe("the command line chooses the source", () => {
  const chosen = (...options: readonly string[]): SourceSettings => {
    const command = readCommand(["all", "--data", folder, ...options])
    if (command.command !== "all") throw new Error("another command")
    return command.source
  }

  test("by itself the simulator", () => {
    expect(chosen()).toEqual({ kind: "simulator" })
    expect(chosen("--source", "simulator")).toEqual({ kind: "simulator" })
  })

  test("a device, or an appliance with its address, key and authority", () => {
    expect(chosen("--source", "device:/dev/qrandom0", "--source-entropy", "5.5")).toEqual({
      kind: "device",
      path: "/dev/qrandom0",
      entropyPerByte: 5.5,
    })
    const options = [
      "--source-url",
      "https://rack/",
      "--source-key-file",
      "k",
      "--source-ca",
      "ca.pem",
      "--source-entropy",
      "6",
    ]
    expect(chosen("--source", "qrypt", ...options)).toEqual({
      kind: "appliance",
      name: "qrypt",
      address: "https://rack/",
      key: { file: "k" },
      authorityFile: "ca.pem",
      entropyPerByte: 6,
    })
  })

  test("a key in the environment prints as a secret, and nobody else gets it", () => {
    process.env["STARLING_EAAS_SOURCE_KEY"] = "key-Zr8q"
    try {
      expect(inspect(chosen("--source", "anu"), { depth: 9 })).not.toContain("key-Zr8q")
      expect(inspect(chosen(), { depth: 9 })).toBe("{ kind: 'simulator' }")
    } finally {
      delete process.env["STARLING_EAAS_SOURCE_KEY"]
    }
  })

  test.for([
    { options: ["--source", "dice"], why: "a source is simulator, device:PATH, or one of anu, idq, quandela, qrypt" },
    { options: ["--source", "anu", "--source-entropy", "9"], why: "entropy" },
    { options: ["--source", "anu", "--source-url", "ftp://x/"], why: "url" },
    { options: ["--source-entropy", "3"], why: "the simulator's entropy follows from its model" },
    { options: ["--source", "device:/dev/hwrng", "--source-url", "https://x/"], why: "only an appliance has a URL" },
  ])("$options is refused", ({ options, why }) => {
    expect(() => chosen(...options)).toThrow(UsageError)
    expect(() => chosen(...options)).toThrow(why)
  })

  test("roles without a source take no such option", () => {
    const pvs = ["lp", "--pvs", "http://127.0.0.1:1/", "--source", "simulator"]
    expect(() => readCommand(pvs)).toThrow(UsageError)
  })

  test.for([
    { settings: { ...sound, entropyPerByte: 0 }, why: "--source-entropy" },
    { settings: appliance("idq", undefined), why: "--source-url" },
    { settings: appliance("anu", undefined), why: "needs a key" },
    { settings: appliance("idq", "http://rack.example/"), why: "https" },
  ])("what can't work says so at once: $why", async ({ settings, why }) => {
    await expect(PlatformSource.open(folder, settings, log)).rejects.toThrow(why)
  })
})

describe("a platform's source", () => {
  test("passes its start-up test before anybody asks, and says what it is", async () => {
    await using source = await PlatformSource.open(folder, { kind: "simulator" }, log)
    expect(source.health).toEqual({
      id: "homodyne vacuum fluctuation",
      simulated: true,
      state: "running",
      failure: null,
      samples: {
        entropyPerByte: 4.36,
        repetitionCountCutoff: 11,
        adaptiveProportionCutoff: 67,
        estimatedEntropyPerByte: null,
      },
      extractor: { bytesIn: 294, bytesOut: 128, log2Epsilon: expect.closeTo(-129.9, 1) },
    })
    expect(await source.bytes.read(8192, patience)).toHaveLength(8192)
    expect(events).toHaveLength(1)
    expect(events[0]).toContain('"event":"source"')
  })

  test("that failed is shown, logged, and latched beyond its process, although the device is sound by then", async () => {
    {
      await using source = await PlatformSource.open(folder, stuck, log)
      expect(source.health).toMatchObject({ state: "failed", failure: { fault: "repetition count" } })
      await expect(source.bytes.read(1, patience)).rejects.toThrow("repetition count")
      expect(events.filter((event) => event.includes("source failed"))).toHaveLength(1)
    }
    const latch = join(folder, "source.latched")
    expect(statSync(latch).mode & 0o777).toBe(0o600)
    // The same device by its name, repaired between two runs.
    const content = JSON.parse(readFileSync(latch, "utf8")) as object
    writeFileSync(latch, JSON.stringify({ ...content, source: "character device urandom (untested on hardware)" }))

    await using again = await PlatformSource.open(folder, sound, log)
    expect(again.health).toMatchObject({ state: "failed", failure: { fault: "repetition count" } })
    await expect(again.bytes.read(1, patience)).rejects.toThrow("repetition count")

    expect(await again.restart()).toMatchObject({ state: "running", failure: null })
    expect(await again.bytes.read(100, patience)).toHaveLength(100)
    await using third = await PlatformSource.open(folder, sound, log)
    expect(third.health.state).toBe("running")
  })

  test("that fails again at a restart is latched again", async () => {
    await using source = await PlatformSource.open(folder, stuck, log)
    expect(await source.restart()).toMatchObject({ state: "failed", failure: { fault: "repetition count" } })
    expect(readFileSync(join(folder, "source.latched"), "utf8")).toContain("repetition count")
  })

  test("stays shut where the latch can't be read, and is not shut by another source's", async () => {
    writeFileSync(join(folder, "source.latched"), "{")
    await using damaged = await PlatformSource.open(folder, sound, log)
    expect(damaged.health).toMatchObject({ state: "failed", failure: { detail: "source.latched is damaged" } })
    await damaged.restart()

    await using _ = await PlatformSource.open(folder, stuck, log)
    await using other = await PlatformSource.open(folder, { kind: "simulator" }, log)
    expect(other.health.state).toBe("running")
  })

  test("never shows the key of its appliance, whatever happens", async () => {
    const server = createServer((request, response) => {
      response.writeHead(403).end(`Forbidden: ${String(request.headers["x-api-key"])}`)
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    const { port } = server.address() as { port: number }
    const file = join(folder, "key")
    writeFileSync(file, "key-Zr8q\n")
    const settings = { ...appliance("anu", `http://127.0.0.1:${port}/`), key: { file }, entropyPerByte: 6 }
    await using source = await PlatformSource.open(folder, settings, log)
    expect(source.health).toMatchObject({ state: "failed", failure: { fault: "refused", detail: "HTTP status 403" } })
    const error = await source.bytes.read(1, patience).catch((error: unknown) => error)
    const seen = [
      JSON.stringify(source.health),
      inspect(error, { depth: 9 }),
      events.join(),
      readFileSync(join(folder, "source.latched"), "utf8"),
    ]
    expect(seen.join()).not.toContain("key-Zr8q")
    server.close()
  })
})

test("an AS calls the source of its PVS simulated until the PVS says otherwise", async () => {
  let simulated = false
  const server = createServer((_, response) => void response.end(JSON.stringify({ version: 1, source: { simulated } })))
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  const ask = async (): Promise<boolean> => {
    await using source = await SourceOfPvs.watch(`http://127.0.0.1:${port}/pvs/`)
    return source.simulated
  }
  expect(await ask()).toBe(false)
  simulated = true
  expect(await ask()).toBe(true)
  simulated = false
  server.close()
  await once(server, "close")
  expect(await ask(), "unreachable").toBe(true)
})

describe("samples for referees", () => {
  const collect = async (settings: SourceSettings, bytes: number, stage: Stage) => {
    const parts: Buffer[] = []
    const told: string[] = []
    const out = new Writable({ write: (chunk: Buffer, _, done) => (parts.push(chunk), done()) })
    await sample({ source: settings, bytes, stage }, out, (line) => told.push(line))
    return { bytes: Buffer.concat(parts), told: told.join("\n") }
  }

  test("extracted ones come with the extractor's epsilon", async () => {
    const { bytes, told } = await collect({ kind: "simulator" }, 100_000, "output")
    expect(bytes).toHaveLength(100_000)
    expect(told).toContain("epsilon 2^-129.9 a block, 2^-120.3 for all 782")
    expect(told).toContain("simulated")
  })

  test("those before the XOR are their own stage, since a referee would see the generator behind it", async () => {
    const { bytes, told } = await collect({ kind: "simulator" }, 1000, "extracted")
    expect(bytes).toHaveLength(1000)
    expect(told).not.toContain("RBG3")
  })

  test("raw ones are as the device gave them, even where a test would alarm, and need no assessment", async () => {
    const { bytes, told } = await collect({ ...stuck, entropyPerByte: 0 }, 3000, "raw")
    expect(bytes).toEqual(Buffer.alloc(3000))
    expect(told).toContain("neither tested nor extracted")
    await expect(collect(stuck, 3000, "extracted")).rejects.toThrow("repetition count")
  })
})

function appliance(name: "anu" | "idq", address: string | undefined): SourceSettings & { kind: "appliance" } {
  return { kind: "appliance", name, address, key: undefined, authorityFile: undefined, entropyPerByte: 6 }
}
