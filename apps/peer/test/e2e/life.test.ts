import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { WebSocket } from "ws"
import { z } from "zod"
import { PeerProcess, starling, temporaryFolder } from "./peer-process.ts"

test("a daemon is soon up, ends cleanly on SIGTERM, and comes back as the same peer", async () => {
  const folder = temporaryFolder("life")
  const start = performance.now()
  const first = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"], folder)
  expect(performance.now() - start).toBeLessThan(4_000)
  expect(statSync(join(folder, "api.json")).mode & 0o077).toBe(0)
  const stopping = performance.now()
  expect(await first.end("SIGTERM")).toBe(0)
  expect(performance.now() - stopping).toBeLessThan(2_000)
  expect(existsSync(join(folder, "api.json"))).toBe(false)
  for (const file of readdirSync(folder)) expect(statSync(join(folder, file)).mode & 0o077, file).toBe(0)

  const second = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"], folder)
  expect(second.ready.identity).toBe(first.ready.identity)
  expect(second.ready.peerId).toBe(first.ready.peerId)
  expect(second.ready.listen).toEqual(first.ready.listen)
  expect(await second.starling("stop")).toEqual([{ stopped: true }])
  const third = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"], folder)
  expect(third.ready.identity).toBe(first.ready.identity)
})

test("a second daemon on the same folder is refused and the first goes on", async () => {
  const ana = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"])
  const second = await starling("up", "--data", ana.folder, "--port", "0", "--headless", "--eaas", "off", "--no-mdns")
  expect(second).toMatchObject({ status: 1, error: { code: "locked" } })
  expect(await ana.starling("status")).toHaveLength(1)
})

test("a folder of a newer version is refused and not touched", async () => {
  const folder = temporaryFolder("newer")
  writeFileSync(join(folder, "version"), "7\n")
  const ran = await starling("up", "--data", folder, "--port", "0", "--headless", "--eaas", "off")
  expect(ran).toMatchObject({ status: 1, error: { code: "newer-version" } })
  expect(readdirSync(folder)).toEqual(["version"])
  expect(readFileSync(join(folder, "version"), "utf8")).toBe("7\n")
})

test("a taken port is refused with what to do", async () => {
  const ana = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"])
  const port = new URL(ana.ready.api).port
  const ran = await starling(
    "up",
    "--data",
    temporaryFolder("port"),
    "--port",
    port,
    "--headless",
    "--eaas",
    "off",
    "--no-mdns",
  )
  expect(ran).toMatchObject({ status: 1, error: { code: "port-taken" } })
  expect(ran.error?.message).toContain("--port")
})

test("a clock that is a day ahead is told to whoever watches, and to whoever asks later", async () => {
  const ahead = `data:text/javascript,${encodeURIComponent("const { now } = Date; Date.now = () => now() + 864e5")}`
  const ana = await PeerProcess.up("Ana")
  const bo = await PeerProcess.up("Bo", undefined, undefined, { NODE_OPTIONS: `--import=${ahead}` })
  const { key } = JSON.parse(readFileSync(join(ana.folder, "api.json"), "utf8"))
  const watch = new WebSocket(`${ana.ready.api}/api/events`, { headers: { authorization: `Bearer ${key}` } })
  await once(watch, "open")
  const events: unknown[] = []
  watch.on("message", (frame: Buffer) => events.push(JSON.parse(frame.toString("utf8"))))

  const [link] = await bo.starling("contact", "link")
  await ana.starling("contact", "add", z.object({ link: z.string() }).parse(link).link)
  const message = "Bo's clock and this one differ by 24 h: check date and time on both."
  await expect
    .poll(() => events, { timeout: 20_000 })
    .toContainEqual({ type: "trouble", code: "clock-differs", message })
  watch.terminate()
  expect(await ana.starling("status")).toMatchObject([{ trouble: { code: "clock-differs", message } }])
})
