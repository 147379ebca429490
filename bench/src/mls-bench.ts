// `npm run bench:mls [-- --n 2,100 --op send32,join --suite 1,77 --quick --no-baselines --json]`: CPU time of MLS operations
// beside the primitives that they are made of, and beside ts-mls.
import { parseArgs } from "node:util"

import type { CiphersuiteId } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

import { medianCpu, QUICK, THOROUGH } from "./mls/measure.ts"
import { isPossible, operation, OPERATIONS, type OperationName } from "./mls/operations.ts"
import { primitiveCalls, replay } from "./mls/replay.ts"
import { sceneOf } from "./mls/scene.ts"
import { measureState } from "./mls/state-size.ts"
import { tsMlsOperation, tsMlsScene } from "./mls/ts-mls-operations.ts"

/** Beyond this many members one operation of ts-mls takes minutes. */
const MOST_FOR_TS_MLS = 1000

const { values } = parseArgs({
  options: {
    n: { type: "string", default: "2,10,100,1000,10000" },
    op: { type: "string", default: OPERATIONS.join() },
    suite: { type: "string", default: "1,77" },
    quick: { type: "boolean", default: false },
    "no-baselines": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
})

const effort = values.quick ? QUICK : THOROUGH
if (!values.json) {
  console.log("microseconds of CPU time, medians; × primitives: of the sum of the bare primitive calls\n")
  console.log("suite     n  operation           CPU  × primitives  × faster than ts-mls stock  with our primitives")
}
for (const suite of values.suite.split(",").map(suiteOf)) {
  for (const n of values.n.split(",").map(sizeOf)) {
    const scene = sceneOf(nodeCrypto(suite), n)
    const isCompared = suite === 1 && n <= MOST_FOR_TS_MLS && !values["no-baselines"]
    const stock = isCompared ? await tsMlsScene(scene, "stock") : undefined
    const provider = isCompared ? await tsMlsScene(scene, "ours") : undefined
    for (const op of values.op.split(",").map(operationOf)) {
      if (!isPossible(op, n)) continue
      const medians = await medianCpu(
        {
          cpuUs: operation(scene, scene.mls, op),
          primitiveUs: replay(await primitiveCalls(scene, op)),
          tsMlsStockUs: stock && (await tsMlsOperation(stock, op)),
          tsMlsProviderUs: provider && (await tsMlsOperation(provider, op)),
        },
        effort,
      )
      print({ op, n, suite, ...medians })
    }
    if (!values.json && n >= 1000) for (const line of measureState(scene)) console.log(line)
  }
}

function print(line: {
  readonly op: string
  readonly n: number
  readonly suite: number
  readonly cpuUs: number | undefined
  readonly primitiveUs: number | undefined
  readonly tsMlsStockUs: number | undefined
  readonly tsMlsProviderUs: number | undefined
}): void {
  const { op, n, suite, cpuUs = 0, primitiveUs = 0, tsMlsStockUs, tsMlsProviderUs } = line
  const rounded = (us: number | undefined): number | null => (us === undefined ? null : Math.round(us * 10) / 10)
  if (values.json) {
    const figures = {
      cpuUs: rounded(cpuUs),
      primitiveUs: rounded(primitiveUs),
      tsMlsStockUs: rounded(tsMlsStockUs),
      tsMlsProviderUs: rounded(tsMlsProviderUs),
      openMlsWasmUs: null,
    }
    console.log(JSON.stringify({ op, n, suite, ...figures }))
    return
  }
  const ratio = (us: number | undefined): string => (us === undefined ? "–" : (us / cpuUs).toFixed(1))
  const cells = [String(suite).padStart(5), String(n).padStart(6), ` ${op.padEnd(14)}`, cpuUs.toFixed(1).padStart(9)]
  const ratios = [(cpuUs / primitiveUs).toFixed(2).padStart(12), ratio(tsMlsStockUs).padStart(26)]
  console.log([...cells, ...ratios, ratio(tsMlsProviderUs).padStart(20)].join(" "))
}

function suiteOf(text: string): CiphersuiteId {
  const known = ([1, 2, 3, 4, 5, 6, 7, 77] as const).find((id) => String(id) === text)
  return known ?? fail(`no suite ${text}: they are 1 to 7, and 77 for the hybrid`)
}

function sizeOf(text: string): number {
  const size = Number(text)
  return Number.isInteger(size) && size >= 2 && size <= 65_536
    ? size
    : fail(`--n takes sizes from 2 to 65536, not ${text}`)
}

function operationOf(text: string): OperationName {
  return OPERATIONS.find((name) => name === text) ?? fail(`no operation ${text}: they are ${OPERATIONS.join(", ")}`)
}

function fail(message: string): never {
  console.error(message)
  process.exit(2)
}
