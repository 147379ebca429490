// `node bench/src/mls-profile.ts [--op update.create,join --n 1000 --suite 1 --top 15]`: in which functions the CPU time of
// an operation of our MLS engine goes, once it is warm.
import { parseArgs } from "node:util"

import { nodeCrypto } from "@starling/mls/node"

import { hotFunctions } from "./mls/hot-functions.ts"
import { operation } from "./mls/operations.ts"
import { parseOptions } from "./mls/options.ts"
import { sceneOf } from "./mls/scene.ts"
import { table } from "./mls/table.ts"

const WARM_UP_MS = 1000
const PROFILED_MS = 3000

const { values } = parseArgs({
  options: {
    op: { type: "string", default: "send32,recv32,update.create,update.process,join" },
    n: { type: "string", default: "1000" },
    suite: { type: "string", default: "1" },
    top: { type: "string", default: "15" },
  },
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
      const lines = hot.slice(0, Number(values.top)).map(({ name, selfUs, totalUs }) => {
        const share = `${((100 * selfUs) / all).toFixed(1)} %`
        return [name, share, (selfUs / runs).toFixed(1), (totalUs / runs).toFixed(1)]
      })
      console.log(table(["function", "itself", "us itself", "us with what it calls"], lines))
    }
  }
}
