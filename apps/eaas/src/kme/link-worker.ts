import { setPriority } from "node:os"
import { parentPort, workerData } from "node:worker_threads"

import { SimulatedLink } from "@starling/eaas/link"
import { osEntropy } from "@starling/entropy/node"
import { wipe } from "@starling/kernel"

import type { LinkOrder, LinkReport, LinkWork } from "./link-messages.ts"

// A whole core for some seconds, but only where nobody else wants it. On Linux priorities are per thread; elsewhere this
// would slow down the whole process.
if (process.platform === "linux") setPriority(19)

const { shared, interception }: LinkWork = workerData
const link = new SimulatedLink({ entropy: osEntropy, shared })
wipe(shared.source, shared.detector)
link.interception = { fraction: interception }

parentPort?.on("message", (order: LinkOrder) => void (order === "round" ? round() : stop()))

async function round(): Promise<void> {
  const before = process.threadCpuUsage()
  const { source, detector } = await link.round()
  const { user, system } = process.threadCpuUsage(before)
  tell({ kind: "round", source, detector, cpuSeconds: (user + system) / 1e6 })
}

function stop(): void {
  tell({ kind: "stopped", shared: link.sharedKeys() })
  link[Symbol.dispose]()
  parentPort?.close()
}

function tell(report: LinkReport): void {
  parentPort?.postMessage(report, [])
}
