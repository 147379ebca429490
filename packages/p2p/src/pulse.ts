import type { Connection } from "@libp2p/interface"

import type { Limits } from "./limits.ts"

const PING = "/ipfs/ping/1.0.0"
const PING_BYTES = 32

interface Beat {
  /** When the last ping was sent. */
  readonly at: number
  readonly unanswered: boolean
}

/**
 * Finds connections whose other end is gone though nothing was closed: a network that was cut drops packets in silence. Times
 * are of an `AwakeClock`.
 */
export class Pulse {
  readonly #limits: Limits
  readonly #beats = new Map<Connection, Beat>()
  readonly #stopping: AbortSignal

  constructor(limits: Limits, stopping: AbortSignal) {
    this.#limits = limits
    this.#stopping = stopping
  }

  /** Pings what is due among the `open` connections, and returns those that have left a ping without an answer for too long. */
  tick(open: readonly Connection[], time: number): readonly Connection[] {
    for (const connection of this.#beats.keys()) if (!open.includes(connection)) this.#beats.delete(connection)
    const dead: Connection[] = []
    for (const connection of open) {
      const beat = this.#beats.get(connection)
      if (beat === undefined) this.#beats.set(connection, { at: time, unanswered: false })
      else if (beat.unanswered && time - beat.at >= this.#limits.pingTime) dead.push(connection)
      else if (!beat.unanswered && time - beat.at >= this.#limits.pingPause) void this.#ping(connection, time)
    }
    return dead
  }

  async #ping(connection: Connection, time: number): Promise<void> {
    this.#beats.set(connection, { at: time, unanswered: true })
    const patience = AbortSignal.any([this.#stopping, AbortSignal.timeout(4 * this.#limits.pingTime)])
    try {
      const stream = await connection.newStream(PING, { signal: patience })
      stream.send(new Uint8Array(PING_BYTES))
      for await (const _answer of stream) break
      this.#beats.set(connection, { at: time, unanswered: false })
      await stream.close({ signal: patience })
    } catch (error) {
      // Whoever says that it does not know the protocol is alive.
      if (error instanceof Error && error.name === "UnsupportedProtocolError")
        this.#beats.set(connection, { at: time, unanswered: false })
    }
  }
}
