// A process of `runSeeds`: plays the seeds that it is handed, one after the other.
import { runSeed, type Seed } from "./run-seed.ts"

process.on("message", (seed: Seed) => {
  process.send?.(runSeed(seed))
})
