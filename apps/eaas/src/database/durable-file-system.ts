import { closeSync, fsyncSync, openSync } from "node:fs"

import { NodeFS } from "@electric-sql/pglite/nodefs"

/** WASI's number for an I/O error. */
const EIO = 29

type Init = NodeFS["init"]

/**
 * PGlite's file system on Node, made durable. As delivered, PGlite runs with `fsync = off`, and its `fsync` on a Node
 * folder does nothing at all; here it reaches the disk. Together with `START_PARAMETERS`, what PostgreSQL promises of
 * commits and checkpoints holds over a loss of power.
 */
export class DurableFileSystem extends NodeFS {
  #syncs = 0
  #failure: Error | undefined

  /** How often PostgreSQL made something durable. */
  get syncs(): number {
    return this.#syncs
  }

  /** Why something could not be made durable. PostgreSQL stops then, and nothing may be asked of it any more. */
  get failure(): Error | undefined {
    return this.#failure
  }

  override async init(...[pglite, options]: Parameters<Init>): ReturnType<Init> {
    const { emscriptenOpts } = await super.init(pglite, options)
    const preRun = emscriptenOpts.preRun ?? []
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...preRun, (module) => this.#install(module.NODEFS)] } }
  }

  #install(nodefs: unknown): void {
    const operations = property(nodefs, "stream_ops")
    if (typeof operations !== "object" || operations === null)
      throw new Error("PGlite's file system has changed: nothing would be durable")
    Object.assign(operations, {
      fsync: (stream: unknown): number => {
        try {
          this.syncStream(nodefs, stream)
          this.#syncs++
          return 0
        } catch (error) {
          this.#failure = error instanceof Error ? error : new Error(String(error))
          return EIO
        }
      },
    })
  }

  /** An open file has a descriptor of Node's; an open folder has none and is opened for the purpose. */
  protected syncStream(nodefs: unknown, stream: unknown): void {
    const descriptor = property(stream, "nfd")
    if (typeof descriptor === "number") return fsyncSync(descriptor)
    const realPath = property(nodefs, "realPath")
    if (typeof realPath !== "function") throw new Error("PGlite's file system has changed: nothing would be durable")
    const folder = openSync(String(realPath(property(stream, "node"))), "r")
    try {
      fsyncSync(folder)
    } finally {
      closeSync(folder)
    }
  }
}

/** PGlite's own defaults without `-F`, and `fsync` in the one form that reaches the file system above. */
export const START_PARAMETERS: readonly string[] = [
  "--single",
  "-O",
  "-j",
  ...[
    "search_path=public",
    "exit_on_error=false",
    "log_checkpoints=false",
    "max_worker_processes=0",
    "max_parallel_workers=0",
    "max_parallel_workers_per_gather=0",
    "max_parallel_maintenance_workers=0",
    "io_method=sync",
    "fsync=on",
    "wal_sync_method=fsync",
    "synchronous_commit=on",
    "full_page_writes=on",
    "shared_buffers=4MB",
    "max_wal_size=32MB",
  ].flatMap((setting) => ["-c", setting]),
]

function property(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? Reflect.get(of, name) : undefined
}
