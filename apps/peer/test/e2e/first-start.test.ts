import { existsSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { once } from "node:events"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { starling, temporaryFolder } from "./peer-process.ts"

async function takenPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port")
  return address.port
}

const QUIET = ["--headless", "--no-mdns", "--eaas", "off"]

test("a first start that is refused for what it was told leaves no folder behind", async () => {
  const taken = await takenPort()
  for (const [code, ...told] of [
    ["port-taken", "--port", String(taken)],
    ["listen", "--port", "0", "--listen", `/ip4/127.0.0.1/tcp/${taken}`],
    ["listen", "--port", "0", "--listen", "/ip4/192.0.2.77/tcp/0"],
    ["usage", "--port", "0", "--listen", "/ip4/127.0.0.1/udp/1"],
    ["usage", "--port", "0", "--listen", "nonsense"],
    ["bad-name", "--port", "0", "--name", ""],
    ["no-eaas", "--port", "0", "--entropy", "strict"],
  ] as const) {
    const folder = join(temporaryFolder("first"), "new")
    const ran = await starling("up", "--data", folder, ...QUIET, ...told)
    expect(ran, told.join(" ")).toMatchObject({ status: code === "usage" ? 2 : 1, lines: [], error: { code } })
    expect(existsSync(folder), told.join(" ")).toBe(false)
  }
})

test("a data folder that is a file is refused in plain words", async () => {
  const file = join(temporaryFolder("file"), "letter")
  writeFileSync(file, "dear")
  const ran = await starling("up", "--data", file, "--port", "0", ...QUIET)
  expect(ran).toMatchObject({ status: 1, error: { code: "io", message: expect.stringContaining("is no folder") } })
})
