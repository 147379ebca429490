// `npm run bench:mls [-- --n 2,100 --op send32,join --suite 1,77 --quick --no-baselines --worker --json --out DIR]`: what each
// operation of our MLS engine costs beside the primitives that it needs, and beside other engines.
import { measureRows } from "./mls/rows.ts"
import { OPERATIONS } from "./mls/operations.ts"
import { parseOptions, USAGE, WrongArguments, type Options } from "./mls/options.ts"
import { reportOf, thisMachine, writeResults, type Results } from "./mls/report.ts"
import { stateFigures } from "./mls/state-figures.ts"
import { workerFigures } from "./mls/worker-figures.ts"

try {
  await main(parseOptions(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof WrongArguments)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 2
}

async function main(options: Options): Promise<void> {
  const rows = await measureRows(options, progress)
  if (options.json) for (const row of rows) console.log(JSON.stringify(lineOf(row)))
  if (options.json && options.out === undefined) return
  const results = { machine: thisMachine(), rows, ...(await rest(options)) }
  if (!options.json) console.log(reportOf(results))
  if (options.out !== undefined) await writeResults(options.out, results)
}

/** What is measured once for a size rather than for an operation. */
async function rest(options: Options): Promise<Pick<Results, "states" | "worker">> {
  const n = options.sizes.findLast((size) => size <= 1000) ?? options.sizes[0] ?? 2
  const isWhole = options.operations.length === OPERATIONS.length
  progress(isWhole ? "states" : "")
  const states = isWhole ? options.suites.map((suite) => stateFigures(suite, n)) : []
  if (options.worker) progress("worker")
  return { states, worker: options.worker ? await workerFigures(n, options.effort.maxRounds) : undefined }
}

function lineOf(row: Results["rows"][number]) {
  const { op, n, suite, cpuUs, primitiveUs, tsMlsStockUs, tsMlsProviderUs, openMlsWasmUs, coreCryptoUs } = row
  return {
    op,
    n,
    suite,
    cpuUs,
    primitiveUs,
    tsMlsStockUs,
    tsMlsProviderUs,
    openMlsWasmUs: openMlsWasmUs ?? coreCryptoUs,
  }
}

/** On a terminal alone, and not where the results go. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${text.padEnd(60)}`)
}
