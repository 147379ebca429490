import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Bytes of the heap and of array buffers that are still in use. */
export function collectedMemory(): number {
  collect ??= collector()
  for (let pass = 0; pass < 3; pass++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

let collect: (() => void) | undefined

function collector(): () => void {
  setFlagsFromString("--expose-gc")
  const found: unknown = runInNewContext("gc")
  if (typeof found !== "function") throw new TypeError("no collector to call")
  return () => void found()
}
