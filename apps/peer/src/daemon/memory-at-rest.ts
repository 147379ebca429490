import { getHeapStatistics, setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

import type { Milliseconds } from "@starling/kernel"

/** Between looks. */
const PERIOD: Milliseconds = 10_000
/** Milliseconds of processor in a period with which a daemon still counts as at rest. */
const AT_REST: Milliseconds = 200
/** What the heap may have grown by since it was last collected. */
const GROWTH = 24 * 2 ** 20

/**
 * Gives memory back to the system while a daemon rests: V8 grows its space for young objects with the work of starting, or
 * of a burst, and keeps it, two thirds of the heap, for as long as nothing happens that makes it look.
 */
export class MemoryAtRest implements Disposable {
  readonly #collect = collector()
  readonly #timer: NodeJS.Timeout
  #used = process.cpuUsage()
  #afterwards = 0

  constructor(period: Milliseconds = PERIOD) {
    this.#timer = setInterval(() => this.#look(), period).unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const { user, system } = process.cpuUsage(this.#used)
    this.#used = process.cpuUsage()
    if (user + system > AT_REST * 1000 || heapBytes() < this.#afterwards + GROWTH) return
    this.#collect()
    this.#afterwards = heapBytes()
  }
}

function heapBytes(): number {
  return getHeapStatistics().total_heap_size
}

function collector(): () => void {
  setFlagsFromString("--expose-gc")
  const found: unknown = runInNewContext("gc")
  if (typeof found !== "function") throw new TypeError("this Node has no collector to call")
  return () => void found()
}
