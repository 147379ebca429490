import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Daemon } from "../daemon.ts"
import { processorTime } from "../delivery/processor-time.ts"
import { distributionOf, type Distribution } from "../distribution.ts"

/** Milliseconds until a daemon's API answers. */
export interface Starts {
  /** Makes an identity besides. */
  readonly first: number
  readonly again: Distribution
  /** Milliseconds of processor that a later start takes until then. */
  readonly processor: Distribution
}

/** Starts a daemon on a new folder, and then so many times on the one that is there. */
export async function measureStarts(times: number): Promise<Starts> {
  const folder = await mkdtemp(join(tmpdir(), "starling-bench-"))
  try {
    const [wall, processor]: [number[], number[]] = [[], []]
    for (let i = 0; i <= times; i++) {
      const start = performance.now()
      await using daemon = await Daemon.start({ folder: join(folder, "ana"), name: "Ana" })
      wall.push(performance.now() - start)
      processor.push(processorTime(daemon.pid))
    }
    const [first = Number.NaN, ...again] = wall
    return { first, again: distributionOf(again), processor: distributionOf(processor.slice(1)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
