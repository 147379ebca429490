// In which functions the CPU time of
// an operation of our MLS engine goes, once it is warm.

import { readOptions, text, wholeNumber } from "@starling/kernel/node"
import { nodeCrypto } from "@starling/mls/node"

import { hotFunctions } from "./mls/hot-functions.ts"
import { operation } from "./mls/operations.ts"
import { parseOptions } from "./mls/options.ts"
import { sceneOf } from "./mls/scene.ts"
import { table } from "./mls/table.ts"

const WARM_UP_MS = 1000
const PROFILED_MS = 3000

const USAGE = `node bench/src/mls-profile.ts [options]
  --op NAME,…   operations, as of npm run bench:mls
  --n N,…       members; 1000 unless said otherwise
  --suite N,…   1 unless said otherwise
  --top N       functions of each; 15 unless said otherwise`
const values = readOptions(USAGE, {
  op: text("send32,recv32,update.create,update.process,join"),
  n: text("1000"),
  suite: text("1"),
  top: wholeNumber(15, { least: 1 }),
})
const { operations, sizes, suites } = parseOptions(["--op", values.op, "--n", values.n, "--suite", values.suite])

for (const suite of suites) {
  for (const n of sizes) {
    const scene = sceneOf(nodeCrypto(suite), n)
    for (const op of operations) {
      const measured = operation(scene, scene.mls, op)
      const runsIn = async (ms: number): Promise<number> => {
        let runs = 0
        for (let used = 0; used < ms; runs++) {
          await measured.prepare(1)
          const start = performance.now()
          await measured.run()
          used += performance.now() - start
        }
        return runs
      }
      const runs = Math.ceil(((await runsIn(WARM_UP_MS)) * PROFILED_MS) / WARM_UP_MS)
      await measured.prepare(runs)
      const hot = await hotFunctions(() => {
        for (let i = 0; i < runs; i++) void measured.run()
      })
      const all = hot.reduce((sum, { selfUs }) => sum + selfUs, 0)
      console.log(`\n${op}, ${n} members, suite ${suite}: ${(all / runs).toFixed(0)} us\n`)
      const lines = hot.slice(0, values.top).map(({ name, selfUs, totalUs }) => {
        const share = `${((100 * selfUs) / all).toFixed(1)} %`
        return [name, share, (selfUs / runs).toFixed(1), (totalUs / runs).toFixed(1)]
      })
      console.log(table(["function", "itself", "us itself", "us with what it calls"], lines))
    }
  }
}
