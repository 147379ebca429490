import { setTimeout as pause } from "node:timers/promises"

import type { Pair } from "../delivery/pair.ts"
import { processorTime, residentBytes, withDescendants } from "../delivery/processor-time.ts"
import { plainPair } from "../plain-gossip.ts"

export interface Footprint {
  /** Per cent of a core. */
  readonly processor: number
  /** Units of 2^20 bytes. */
  readonly memory: number
}

export interface AtRest {
  readonly peer: Footprint
  /** Of its embedded platform: nothing where it has none. */
  readonly platform: Footprint
  /** A libp2p node with GossipSub, and nothing of ours. */
  readonly bare: Footprint
}

/**
 * Two daemons in one group, and two bare libp2p nodes in one topic, connected and left alone side by side: first until what was
 * freed has been given back, then while it is measured. Linux alone tells.
 */
export async function measureAtRest(
  pair: Pair,
  { settling, seconds }: { readonly settling: number; readonly seconds: number },
): Promise<AtRest> {
  await pair.rest()
  const plain = await plainPair()
  try {
    await pause(settling * 1000)
    const [peer = 0, ...platform] = withDescendants(pair.receiver.pid)
    const processes = { peer: [peer], platform, bare: [plain.receiver.pid ?? 0] }
    const before = [peer, ...platform, ...processes.bare].map((pid) => [pid, processorTime(pid)] as const)
    await pause(seconds * 1000)
    const used = new Map(before.map(([pid, then]) => [pid, (processorTime(pid) - then) / seconds / 10]))
    const footprintOf = (pids: readonly number[]): Footprint => ({
      processor: sum(pids.map((pid) => used.get(pid) ?? 0)),
      memory: sum(pids.map(residentBytes)) / 2 ** 20,
    })
    return {
      peer: footprintOf(processes.peer),
      platform: footprintOf(processes.platform),
      bare: footprintOf(processes.bare),
    }
  } finally {
    plain.sender.kill()
    plain.receiver.kill()
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0)
}
