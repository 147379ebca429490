import { fork, type ChildProcess } from "node:child_process"
import { on, once } from "node:events"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { z } from "zod"

import { processorTime } from "./processor-time.ts"

const NODE = join(import.meta.dirname, "relay-node.ts")
const Listening = z.object({ peerId: z.string(), addresses: z.array(z.string()) })
const PAUSE = 10

/**
 * Milliseconds of processor that a peer's transport takes for each message of so many bytes that it passes on: it stands
 * between one that publishes and one that listens, who know only it. It judges and hears each message too. The first `warmUp` of them
 * are for code to be compiled, and are not counted.
 */
export async function relayCost(
  size: number,
  { warmUp, count }: { readonly warmUp: number; readonly count: number },
): Promise<number> {
  const [sender, relay, receiver] = [fork(NODE), fork(NODE), fork(NODE)]
  try {
    const [, middle] = await Promise.all([listening(sender), listening(relay), listening(receiver)])
    for (const end of [sender, receiver]) {
      const connected = once(end, "message")
      end.send({ dial: middle.peerId, addresses: middle.addresses })
      await connected
    }
    receiver.send({ tell: true })
    await pause(2_000)
    await passOn(sender, receiver, size, warmUp)
    const before = processorTime(pidOf(relay))
    await passOn(sender, receiver, size, count)
    return (processorTime(pidOf(relay)) - before) / count
  } finally {
    for (const child of [sender, relay, receiver]) child.kill()
  }
}

async function listening(child: ChildProcess): Promise<z.infer<typeof Listening>> {
  const [message] = await once(child, "message")
  return Listening.parse(message)
}

async function passOn(sender: ChildProcess, receiver: ChildProcess, size: number, count: number): Promise<void> {
  const arrivals = on(receiver, "message", { signal: AbortSignal.timeout(60_000) })
  for (let i = 0; i < count; i++) {
    sender.send({ publish: size })
    await arrivals.next()
    await pause(PAUSE)
  }
  await arrivals.return?.()
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error("a process that answered has a number")
  return pid
}
