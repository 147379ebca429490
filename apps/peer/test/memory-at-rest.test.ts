import { getHeapStatistics } from "node:v8"
import { expect, test } from "vitest"
import { MemoryAtRest } from "../src/daemon/memory-at-rest.ts"

const GARBAGE = 64 * 2 ** 20

test("what a burst of work left behind is given back once the process rests", async () => {
  let burst: string[][] | undefined = Array.from({ length: 64 }, () => Array.from({ length: 2 ** 17 }, String))
  expect(burst).toHaveLength(64)
  const atWork = getHeapStatistics().total_heap_size
  burst = undefined
  using _memory = new MemoryAtRest(100)
  await expect.poll(() => getHeapStatistics().total_heap_size, { timeout: 20_000 }).toBeLessThan(atWork - GARBAGE)
})
