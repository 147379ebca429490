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
  const { StatementSync } = process.getBuiltinModule("node:sqlite")
  const { Socket } = process.getBuiltinModule("node:net")
  const noted: { what: string; at: number; bytes: number }[] = []
  Object.assign(globalThis, { milestones: noted })
  const note = (what: string, bytes = 0): void => {
    noted.push({ what, at: performance.timeOrigin + performance.now(), bytes })
  }
  const around = (
    prototype: object,
    name: string,
    act: (self: object, first: unknown, go: () => unknown) => unknown,
  ) => {
    const former: unknown = Reflect.get(prototype, name)
    if (typeof former !== "function") throw new TypeError(`there is no ${name} to watch`)
    Reflect.set(prototype, name, function (this: object, ...words: unknown[]): unknown {
      return act(this, words[0], () => Reflect.apply(former, this, words))
    })
  }
  const isOfPeers = (socket: object): boolean => !("server" in socket && Object.hasOwn(socket, "parser"))
  process.getBuiltinModule("node:diagnostics_channel").subscribe("http.server.request.start", () => note("request"))
  around(StatementSync.prototype, "run", (self, _first, go) => {
    const sql: unknown = Reflect.get(self, "sourceSQL")
    if (sql === "BEGIN IMMEDIATE") note("commit begins")
    if (sql === "COMMIT") note("sync")
    const result = go()
    if (sql === "COMMIT") note("commit ends")
    return result
  })
  around(Socket.prototype, "write", (self, chunk, go) => {
    if (isOfPeers(self) && chunk instanceof Uint8Array) note("tcp out", chunk.length)
    return go()
  })
  around(Socket.prototype, "push", (self, chunk, go) => {
    if (isOfPeers(self) && chunk instanceof Uint8Array) note("tcp in", chunk.length)
    return go()
  })
}
