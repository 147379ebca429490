import { durableCommits } from "../delivery/disk.ts"
import { Pair } from "../delivery/pair.ts"
import { relayCost } from "../delivery/relay-cost.ts"
import { distributionOf, type Distribution } from "../distribution.ts"
import { QUICK } from "../mls/measure.ts"
import { measureRows, type Row } from "../mls/rows.ts"
import { measureAtRest, type AtRest } from "../footprint/at-rest.ts"
import { measureStarts, type Starts } from "../footprint/starts.ts"
import { plainGossipDeliveries } from "../plain-gossip.ts"
import { rawTcpRoundTrips } from "../raw-tcp.ts"
import { SIZES, USUAL_SIZE } from "./talk.ts"

/** Bytes that a message writes to the store, about. */
const WRITTEN = 3000

export interface Extent {
  /** Messages and writes. */
  readonly count: number
  readonly starts: number
  /** Seconds before a peer at rest is measured, and while it is. */
  readonly atRest: { readonly settling: number; readonly seconds: number }
  readonly relayed: { readonly warmUp: number; readonly count: number }
  /** More of the command of the two daemons. */
  readonly more: readonly string[]
}

export const FULL: Extent = {
  count: 100,
  starts: 5,
  atRest: { settling: 15, seconds: 30 },
  relayed: { warmUp: 200, count: 500 },
  more: [],
}
/** Sees that all can be measured, and measures nothing well. */
export const SHORT: Extent = {
  count: 5,
  starts: 1,
  atRest: { settling: 0, seconds: 1 },
  relayed: { warmUp: 0, count: 10 },
  more: ["--eaas", "off"],
}

/** What the figures of a run are held against, measured after it on the same machine. Times in milliseconds. */
export interface Baselines {
  /** Round trips over TCP on loopback, to an echo server in another process. */
  readonly rawTcp: readonly Sized[]
  /** js-libp2p GossipSub between two processes, over Noise, with nothing of ours on top. */
  readonly plainGossip: readonly Sized[]
  /** Starling itself between two processes, from a call of the one's API to the other's window. */
  readonly twoPeers: Distribution
  readonly starts: Starts
  readonly atRest: AtRest
  /** Milliseconds of processor for a message that a peer's transport passes on. */
  readonly relay: number
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
  { count, starts: times, atRest: rest, relayed, more }: Extent,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<Baselines> {
  tell("measuring raw TCP and plain GossipSub")
  const rawTcp: Sized[] = []
  const plainGossip: Sized[] = []
  for (const [size] of SIZES) {
    signal.throwIfAborted()
    rawTcp.push({ size, ...distributionOf(await rawTcpRoundTrips(size, count)) })
    plainGossip.push({ size, ...distributionOf(await plainGossipDeliveries(size, count)) })
  }
  signal.throwIfAborted()
  tell("measuring two peers")
  const { twoPeers, atRest } = await ofTwoPeers(count, rest, more)
  signal.throwIfAborted()
  tell("measuring how a peer starts, and passes on")
  const starts = await measureStarts(times)
  const relay = await relayCost(USUAL_SIZE, relayed)
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
  const durableWrite = await durableCommits(WRITTEN, count)
  return { rawTcp, plainGossip, twoPeers, starts, atRest, relay, durableWrite, engines }
}

async function ofTwoPeers(
  count: number,
  rest: Extent["atRest"],
  more: readonly string[],
): Promise<{ readonly twoPeers: Distribution; readonly atRest: AtRest }> {
  await using pair = await Pair.open({ more })
  await pair.rest()
  const samples: number[] = []
  for (let i = 0; i < count; i++) samples.push(await pair.deliver(`timed ${i} `.padEnd(USUAL_SIZE, "x")))
  return { twoPeers: distributionOf(samples), atRest: await measureAtRest(pair, rest) }
}
