import type { CiphersuiteId } from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

import { coreCryptoOperation, wireName } from "./core-crypto-operations.ts"
import { medianCpu } from "./measure.ts"
import { openMlsOperation } from "./openmls-operations.ts"
import { isPossible, operation, type OperationName } from "./operations.ts"
import type { Options } from "./options.ts"
import { countCalls, primitiveCalls, replay } from "./replay.ts"
import type { Repeatable } from "./repeatable.ts"
import { sceneOf } from "./scene.ts"
import { tsMlsOperation, tsMlsScene } from "./ts-mls-operations.ts"

/** What one operation costs in a group of `n`, in microseconds of CPU time; `null` where it can't be measured. */
export interface Row {
  readonly op: OperationName
  readonly n: number
  readonly suite: CiphersuiteId
  readonly cpuUs: number
  /** What the primitives take that it calls, called bare. */
  readonly primitiveUs: number
  /** How many of each. */
  readonly calls: Readonly<Record<string, number>>
  readonly tsMlsStockUs: number | null
  readonly tsMlsProviderUs: number | null
  readonly openMlsWasmUs: number | null
  readonly coreCryptoUs: number | null
}

type Baselines = Pick<Row, "tsMlsStockUs" | "tsMlsProviderUs" | "openMlsWasmUs" | "coreCryptoUs">

const NO_BASELINES: Baselines = {
  tsMlsStockUs: null,
  tsMlsProviderUs: null,
  openMlsWasmUs: null,
  coreCryptoUs: null,
}

/** In larger groups the other engines would take minutes. */
const MOST_FOR_BASELINES = 1000

/**
 * Ours first, each beside its primitives. The others come after all of it: threads that compile WebAssembly or wait for
 * WebCrypto would be counted as ours.
 */
export async function measureRows(options: Options, report: (text: string) => void): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const suite of options.suites) {
    for (const n of options.sizes) rows.push(...(await ours(options, suite, n, report)))
  }
  if (!options.baselines) return rows
  return await withBaselines(options, rows, report)
}

async function ours(options: Options, suite: CiphersuiteId, n: number, report: (text: string) => void): Promise<Row[]> {
  const scene = sceneOf(nodeCrypto(suite), n)
  const rows: Row[] = []
  for (const op of options.operations.filter((name) => isPossible(name, n))) {
    report(`suite ${suite}, ${n} members: ${op}`)
    const calls = await primitiveCalls(scene, op)
    const medians = await medianCpu({ cpu: operation(scene, scene.mls, op), primitives: replay(calls) }, options.effort)
    rows.push({
      op,
      n,
      suite,
      cpuUs: rounded(medians.cpu) ?? Number.NaN,
      primitiveUs: rounded(medians.primitives) ?? Number.NaN,
      calls: countCalls(calls),
      ...NO_BASELINES,
    })
  }
  return rows
}

async function withBaselines(options: Options, rows: readonly Row[], report: (text: string) => void): Promise<Row[]> {
  const done: Row[] = []
  const engines = new Map<number, Engines>()
  for (const row of rows) {
    if (row.suite !== 1 || row.n > MOST_FOR_BASELINES) {
      done.push(row)
      continue
    }
    report(`other engines, ${row.n} members: ${row.op}`)
    const theirs = engines.get(row.n) ?? (await enginesOf(row.n))
    engines.set(row.n, theirs)
    const { tsMlsStockUs, tsMlsProviderUs, openMlsWasmUs, coreCryptoUs } = await theirs(row.op)
    const medians = await medianCpu({ tsMlsStockUs, tsMlsProviderUs, openMlsWasmUs, coreCryptoUs }, options.effort)
    done.push({
      ...row,
      tsMlsStockUs: rounded(medians.tsMlsStockUs),
      tsMlsProviderUs: rounded(medians.tsMlsProviderUs),
      openMlsWasmUs: rounded(medians.openMlsWasmUs),
      coreCryptoUs: rounded(medians.coreCryptoUs),
    })
  }
  return done
}

type Engines = (op: OperationName) => Promise<Record<keyof Baselines, Repeatable | undefined>>

/** OpenMLS and core-crypto are a member more in a group of one less. */
async function enginesOf(n: number): Promise<Engines> {
  const scene = sceneOf(nodeCrypto(1), n)
  const stock = await tsMlsScene(scene, "stock")
  const provider = await tsMlsScene(scene, "ours")
  const openMls = sceneOf(nodeCrypto(3), n - 1)
  const coreCrypto = sceneOf(nodeCrypto(1), n - 1, wireName)
  return async (op) => ({
    tsMlsStockUs: await tsMlsOperation(stock, op),
    tsMlsProviderUs: await tsMlsOperation(provider, op),
    openMlsWasmUs: await openMlsOperation(openMls, op),
    coreCryptoUs: await coreCryptoOperation(coreCrypto, op),
  })
}

function rounded(us: number | undefined): number | null {
  return us === undefined ? null : Math.round(us * 10) / 10
}
