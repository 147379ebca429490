import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { basename } from "node:path"
import { createInterface } from "node:readline"

/** Syncs of a file, by its name: each waits for the disk. */
export type Syncs = ReadonlyMap<string, number>

export const canCountSyncs = spawnSync("strace", ["-V"]).status === 0

/** Counts what a process syncs until `end` is called, with strace. Throws where it can't be attached. */
export async function countSyncs(pid: number): Promise<{ readonly end: () => Promise<Syncs> }> {
  const tracer = spawn("strace", ["-f", "-y", "-e", "trace=fsync,fdatasync", "-p", String(pid)], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  const syncs = new Map<string, number>()
  const attached = Promise.withResolvers<void>()
  createInterface({ input: tracer.stderr }).on("line", (line) => {
    if (/attached/.test(line)) attached.resolve()
    const [, path] = /f(?:data)?sync\(\d+<([^>]*)>/.exec(line) ?? []
    if (path !== undefined) syncs.set(basename(path), (syncs.get(basename(path)) ?? 0) + 1)
  })
  const ended = once(tracer, "close")
  await Promise.race([attached.promise, ended])
  if (tracer.exitCode !== null) throw new Error(`strace can't be attached to process ${pid}: is that allowed here?`)
  return {
    async end() {
      tracer.kill("SIGINT")
      await ended
      return syncs
    },
  }
}
