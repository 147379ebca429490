import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { osEntropy } from "@starling/entropy/node"
import { Secret } from "@starling/kernel"
import { openStore } from "@starling/store"

import { distributionOf, type Distribution } from "../distribution.ts"
import { QUICK } from "../mls/measure.ts"
import { measureRows, type Row } from "../mls/rows.ts"
import { plainGossipDeliveries, plainNodeMemory } from "../plain-gossip.ts"
import { rawTcpRoundTrips } from "../raw-tcp.ts"
import { twoPeers, type TwoPeers } from "../two-peers.ts"
import { SIZES, USUAL_SIZE } from "./talk.ts"

const COUNT = 100
/** Bytes of the row that a durable write is measured with. */
const ROW = 1024

/** What the figures of a run are held against, measured after it on the same machine. Times in milliseconds. */
export interface Baselines {
  /** Round trips over TCP on loopback, to an echo server in another process. */
  readonly rawTcp: readonly Sized[]
  /** js-libp2p GossipSub between two processes, over Noise, with nothing of ours on top. */
  readonly plainGossip: readonly Sized[]
  readonly plainNodeMemoryMb: number
  /** Starling itself between two processes, keys from the operating system alone. */
  readonly twoPeers: TwoPeers
  /** One transaction of one row, synced to the disk. */
  readonly durableWrite: Distribution
  /** Our engine and others, in microseconds of CPU time, at the size of the groups. */
  readonly engines: readonly Row[]
}

interface Sized extends Distribution {
  readonly size: number
}

export async function measureBaselines(
  groupSize: number,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<Baselines> {
  tell("measuring raw TCP and plain GossipSub")
  const rawTcp: Sized[] = []
  const plainGossip: Sized[] = []
  for (const [size] of SIZES) {
    signal.throwIfAborted()
    rawTcp.push({ size, ...distributionOf(await rawTcpRoundTrips(size, COUNT)) })
    plainGossip.push({ size, ...distributionOf(await plainGossipDeliveries(size, COUNT)) })
  }
  signal.throwIfAborted()
  tell("measuring two peers")
  const two = await twoPeers(USUAL_SIZE, COUNT, "off")
  signal.throwIfAborted()
  tell("measuring the engine beside others")
  const engines = await measureRows(
    {
      sizes: [Math.max(3, groupSize)],
      operations: ["send32", "recv32", "update.create", "update.process", "add.create", "join"],
      suites: [1, 77],
      effort: QUICK,
      baselines: true,
      worker: false,
      json: false,
      out: undefined,
    },
    () => {},
  )
  const plainNodeMemoryMb = await plainNodeMemory()
  return { rawTcp, plainGossip, plainNodeMemoryMb, twoPeers: two, durableWrite: await durableWrites(), engines }
}

async function durableWrites(): Promise<Distribution> {
  const folder = await mkdtemp(join(tmpdir(), "starling-write-"))
  try {
    using rootKey = new Secret(osEntropy(32))
    using store = openStore({ folder, rootKey, random: osEntropy })
    const value = osEntropy(ROW)
    const samples = Array.from({ length: COUNT }, (_, i) => {
      const began = performance.now()
      store.commit([{ kind: "put", bucket: "measure", partition: "measure", key: String(i), ordinal: i, value }])
      return performance.now() - began
    })
    return distributionOf(samples)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
