import { execFileSync, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const PACKAGED = "/usr/lib/postgresql"
const STARTING = 30_000

/** The folder of PostgreSQL's server programs: as Debian packages it, else on the path. */
const programs = packaged() ?? onPath()

export const noPostgres = programs === undefined

/** A PostgreSQL of one test, on a Unix socket in its own temporary folder. */
export interface ThrowawayPostgres extends AsyncDisposable {
  readonly url: string
  /** Ends all of its processes at once, as a loss of power would, and starts it again. */
  crash(): Promise<void>
}

export async function throwawayPostgres(settings: readonly string[] = []): Promise<ThrowawayPostgres> {
  if (programs === undefined) throw new Error("no PostgreSQL here")
  const folder = mkdtempSync(join(tmpdir(), "starling-pg-"))
  const identity = unprivileged()
  if (identity !== undefined) chownSync(folder, identity.uid, identity.gid)
  chmodSync(folder, 0o700)
  const data = join(folder, "data")
  const init = ["-D", data, "-U", "starling", "-A", "trust", "-E", "UTF8", "--no-locale"]
  execFileSync(join(programs, "initdb"), init, { ...identity, cwd: folder, stdio: "ignore" })
  let server = await start(programs, folder, settings)
  return {
    url: `postgres://starling@${encodeURIComponent(folder)}/postgres`,
    async crash() {
      const exit = once(server, "exit")
      server.kill("SIGQUIT")
      await exit
      server = await start(programs, folder, settings)
    },
    async [Symbol.asyncDispose]() {
      const exit = once(server, "exit")
      server.kill("SIGQUIT")
      await exit
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function start(programs: string, folder: string, settings: readonly string[]) {
  const options = ["-c", "listen_addresses=", "-c", `unix_socket_directories=${folder}`, "-c", "shared_buffers=16MB"]
  const chosen = settings.flatMap((setting) => ["-c", setting])
  const server = spawn(join(programs, "postgres"), ["-D", join(folder, "data"), ...options, ...chosen], {
    ...unprivileged(),
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  })
  let told = ""
  const ready = new Promise<void>((resolve, reject) => {
    server.stderr.on("data", (chunk: Buffer) => {
      told += chunk.toString()
      if (told.includes("ready to accept connections")) resolve()
    })
    server.once("exit", () => reject(new Error(`PostgreSQL ended: ${told}`)))
    setTimeout(() => reject(new Error(`PostgreSQL does not start: ${told}`)), STARTING).unref()
  })
  await ready
  return server
}

/** PostgreSQL refuses to run as root; its package brings a user for it. */
function unprivileged(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

function packaged(): string | undefined {
  if (!existsSync(PACKAGED)) return undefined
  const versions = readdirSync(PACKAGED).toSorted((a, b) => Number(b) - Number(a))
  return versions.map((version) => join(PACKAGED, version, "bin")).find((folder) => existsSync(join(folder, "initdb")))
}

function onPath(): string | undefined {
  const { stdout, status } = spawnSync("pg_config", ["--bindir"], { encoding: "utf8" })
  const folder = stdout?.trim()
  return status === 0 && existsSync(join(folder, "initdb")) ? folder : undefined
}
