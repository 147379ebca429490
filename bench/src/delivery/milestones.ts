import type { StatementSync } from "node:sqlite"

import { z } from "zod"

import type { Inspector } from "./inspector.ts"

/** What happened in a process, and when: milliseconds since 1970, to the microsecond. */
export interface Milestone {
  readonly what: "request" | "commit begins" | "commit ends" | "sync" | "tcp out" | "tcp in"
  readonly at: number
  readonly bytes: number
}

const Noted = z.array(
  z.object({
    what: z.enum(["request", "commit begins", "commit ends", "sync", "tcp out", "tcp in"]),
    at: z.number(),
    bytes: z.number(),
  }),
)

/**
 * Has a daemon note from now on when its API is called, when it commits, and what comes and goes over connections with other
 * peers: those of a port of its own that does not speak HTTP.
 */
export async function noteMilestones(daemon: Inspector): Promise<void> {
  await daemon.evaluate(`(${watch.toString()})()`, z.unknown())
}

/** What was noted since the last call. */
export async function takeMilestones(daemon: Inspector): Promise<readonly Milestone[]> {
  return await daemon.evaluate("globalThis.milestones.splice(0)", Noted)
}

/** Runs in the daemon, and so names nothing of this file. */
function watch(): void {
  const load = process.getBuiltinModule
  const { StatementSync: Statement } = load("node:sqlite")
  const { Socket } = load("node:net")
  const noted: { what: string; at: number; bytes: number }[] = []
  Object.assign(globalThis, { milestones: noted })
  const note = (what: string, bytes = 0): void => {
    noted.push({ what, at: performance.timeOrigin + performance.now(), bytes })
  }
  load("node:diagnostics_channel").subscribe("http.server.request.start", () => note("request"))
  const run = Statement.prototype.run
  Statement.prototype.run = function (this: StatementSync, ...values: Parameters<typeof run>) {
    if (this.sourceSQL.startsWith("BEGIN")) note("commit begins")
    if (this.sourceSQL === "COMMIT") note("sync")
    const result = run.apply(this, values)
    if (this.sourceSQL === "COMMIT") note("commit ends")
    return result
  } as typeof run
  const isHttp = (socket: object): boolean => "server" in socket && Object.hasOwn(socket, "parser")
  const { write, push } = Socket.prototype
  Socket.prototype.write = function (this: InstanceType<typeof Socket>, ...words: Parameters<typeof write>) {
    const [chunk] = words
    if (!isHttp(this) && chunk instanceof Uint8Array) note("tcp out", chunk.length)
    return write.apply(this, words)
  } as typeof write
  Socket.prototype.push = function (this: InstanceType<typeof Socket>, ...words: Parameters<typeof push>) {
    const [chunk] = words
    if (!isHttp(this) && chunk instanceof Uint8Array) note("tcp in", chunk.length)
    return push.apply(this, words)
  }
}
