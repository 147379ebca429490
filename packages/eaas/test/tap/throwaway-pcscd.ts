import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

const PCSCD = "/usr/sbin/pcscd"
const SOCKET = "/run/pcscd/pcscd.comm"
const DRIVER = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so"

/** Without the daemon, its virtual reader, OpenSC's tools, a C compiler, or the right to start a daemon. */
export const noPcscd =
  ![PCSCD, DRIVER, "/usr/bin/opensc-tool", "/usr/bin/cc"].every((file) => existsSync(file)) || process.getuid?.() !== 0

/** Names of the virtual reader's two slots, and the ports where a card is put into each. */
export const SLOTS = [
  { reader: "Virtual PCD 00 00", port: 35963 },
  { reader: "Virtual PCD 00 01", port: 35964 },
] as const

/** Whoever listens there has the machine's one daemon. Ends with its process. */
const LOCK_PORT = 35962

/**
 * PC/SC's daemon with the virtual reader, which is reached from this machine alone, for one test; another test waits for
 * it. Never runs beside a daemon that is in use.
 */
export async function throwawayPcscd(): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const lock = await takeTurn()
  stack.defer(async () => {
    const closed = once(lock, "close")
    lock.close()
    await closed
  })
  if (spawnSync("/usr/bin/opensc-tool", ["-l"], { encoding: "utf8" }).stdout.includes("Nr.")) {
    throw new Error("a PC/SC daemon with readers runs already: stop it for this test")
  }
  mkdirSync("/run/pcscd", { recursive: true })
  const help = spawnSync(PCSCD, ["--help"], { encoding: "utf8" }).stdout
  const options = ["--foreground", ...(help.includes("--disable-polkit") ? ["--disable-polkit"] : [])]
  const env = { ...process.env, LD_PRELOAD: compilePreload(stack) }
  const daemon = spawn(PCSCD, options, { stdio: "ignore", env })
  stack.defer(async () => {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return
    const exit = once(daemon, "exit")
    daemon.kill("SIGTERM")
    await exit
  })
  for (let attempt = 1; !existsSync(SOCKET); attempt++) {
    if (attempt > 100 || daemon.exitCode !== null) throw new Error("pcscd doesn't start")
    await pause(100)
  }
  return stack.move()
}

function compilePreload(stack: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), "starling-pcscd-"))
  stack.defer(() => rmSync(folder, { recursive: true, force: true }))
  const library = join(folder, "virtual-reader.so")
  const source = join(import.meta.dirname, "virtual-reader.c")
  const { status, stderr } = spawnSync("cc", ["-shared", "-fPIC", "-o", library, source, "-ldl"], { encoding: "utf8" })
  if (status !== 0) throw new Error(`the C compiler fails on ${source}: ${stderr}`)
  return library
}

async function takeTurn(): Promise<ReturnType<typeof createServer>> {
  for (;;) {
    const server = createServer()
    server.listen({ host: "127.0.0.1", port: LOCK_PORT, exclusive: true })
    // `once` rejects where the server says `error` first.
    const taken = await once(server, "listening").then(
      () => true,
      () => false,
    )
    if (taken) return server
    await pause(250)
  }
}
