import { once } from "node:events"
import { Worker } from "node:worker_threads"

import type { Bytes } from "@starling/kernel"
import { nodeCrypto } from "@starling/mls/node"

import { distributionOf } from "../distribution.ts"
import { operation, type OperationName } from "./operations.ts"
import { sceneOf } from "./scene.ts"

/** An operation where it runs in the thread that asks for it, and where a worker that owns the states does it. */
export interface WorkerFigure {
  readonly op: OperationName
  readonly n: number
  /** Wall time until the result is there. */
  readonly inlineUs: number
  readonly workerUs: number
  /** For how long the asking thread does nothing else at a stretch. */
  readonly blockedInlineUs: number
  readonly blockedByWorkerUs: number
  readonly verdict: string
}

export interface WorkerFigures {
  readonly operations: readonly WorkerFigure[]
}

/** What the worker is asked: to ready an operation, or to do it with an input and to answer with an output so large. */
export interface Asked {
  readonly op: OperationName
  readonly input: Uint8Array | undefined
  readonly outputLength: number
}

const ASKED: readonly OperationName[] = ["send32", "recv32", "update.create", "update.process", "join"]
/** Bytes that go to the worker and back, as the operation takes and gives them. */
const SIZES: Readonly<Partial<Record<OperationName, (n: number) => readonly [input: number, output: number]>>> = {
  send32: () => [32, 350],
  recv32: () => [350, 32],
  "update.create": (n) => [0, 400 + 120 * Math.ceil(Math.log2(n))],
  "update.process": (n) => [400 + 120 * Math.ceil(Math.log2(n)), 0],
  join: (n) => [260 * n, 0],
}
/** A frame that is late by less than this is not noticed. */
const NOTICED_US = 16_000

export async function workerFigures(n: number, repetitions: number): Promise<WorkerFigures> {
  const scene = sceneOf(nodeCrypto(1), n)
  const worker = new Worker(new URL("worker-peer.ts", import.meta.url), { workerData: { n } })
  await once(worker, "message")
  const operations: WorkerFigure[] = []
  try {
    for (const op of ASKED) {
      const ours = operation(scene, scene.mls, op)
      const inline: number[] = []
      const asked: number[] = []
      const gaps: number[] = []
      for (let i = 0; i < repetitions; i++) {
        await ours.prepare(1)
        const start = performance.now()
        await ours.run()
        inline.push(1000 * (performance.now() - start))
        asked.push(await roundTrip(worker, op, n))
        gaps.push(await longestGap(worker, op, n))
      }
      const [inlineUs, workerUs, blockedByWorkerUs] = [inline, asked, gaps].map((all) => distributionOf(all).median)
      if (inlineUs === undefined || workerUs === undefined || blockedByWorkerUs === undefined) continue
      const verdict = inlineUs > NOTICED_US ? "worker" : "inline"
      operations.push({ op, n, inlineUs, workerUs, blockedInlineUs: inlineUs, blockedByWorkerUs, verdict })
    }
  } finally {
    await worker.terminate()
  }
  return { operations }
}

async function ready(worker: Worker, op: OperationName): Promise<void> {
  worker.postMessage({ op, input: undefined, outputLength: 0 } satisfies Asked, [])
  await once(worker, "message")
}

async function roundTrip(worker: Worker, op: OperationName, n: number): Promise<number> {
  await ready(worker, op)
  const asked = askedFor(op, n)
  const start = performance.now()
  worker.postMessage(asked, [asked.input.buffer])
  await once(worker, "message")
  return 1000 * (performance.now() - start)
}

/** The longest time between two turns of this thread's event loop while the worker does it. */
async function longestGap(worker: Worker, op: OperationName, n: number): Promise<number> {
  await ready(worker, op)
  const asked = askedFor(op, n)
  let longest = 0
  let isOver = false
  let last = performance.now()
  const look = (): void => {
    const now = performance.now()
    longest = Math.max(longest, now - last)
    last = now
  }
  const turn = (): void => {
    look()
    if (!isOver) setImmediate(turn)
  }
  worker.postMessage(asked, [asked.input.buffer])
  look()
  setImmediate(turn)
  await once(worker, "message")
  isOver = true
  look()
  return 1000 * longest
}

function askedFor(op: OperationName, n: number): Asked & { readonly input: Bytes } {
  const [inputLength, outputLength] = SIZES[op]?.(n) ?? [0, 0]
  return { op, input: new Uint8Array(inputLength), outputLength }
}
