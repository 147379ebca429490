// A worker that owns the states of a scene: readies an operation when it is asked without an input, does it when asked with one.
import { parentPort, workerData } from "node:worker_threads"

import { nodeCrypto } from "@starling/mls/node"
import { z } from "zod"

import { operation, OPERATIONS, type OperationName } from "./operations.ts"
import type { Repeatable } from "./repeatable.ts"
import { sceneOf } from "./scene.ts"

const Asked = z.object({
  op: z.enum(OPERATIONS),
  input: z.instanceof(Uint8Array).optional(),
  outputLength: z.number(),
})

const { n } = z.object({ n: z.number() }).parse(workerData)
const scene = sceneOf(nodeCrypto(1), n)
const operations = new Map<OperationName, Repeatable>()

parentPort?.on("message", (message: unknown) => {
  const { op, input, outputLength } = Asked.parse(message)
  const known = operations.get(op) ?? operation(scene, scene.mls, op)
  operations.set(op, known)
  if (input === undefined) void known.prepare(1)
  else void known.run()
  const output = new Uint8Array(outputLength)
  parentPort?.postMessage(output, [output.buffer])
})
parentPort?.postMessage("ready", [])
