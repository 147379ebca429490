import { mkdir, writeFile } from "node:fs/promises"
import { cpus } from "node:os"
import { join } from "node:path"

import { nodeCrypto } from "@starling/mls/node"

import { plot, PLOTS } from "./plot.ts"
import type { Row } from "./rows.ts"
import type { StateFigures } from "./state-figures.ts"
import { callsTable, rowsTable, stateTable, targetsTable, workerTable } from "./table.ts"
import { targets } from "./targets.ts"
import type { WorkerFigures } from "./worker-figures.ts"

/** All that a run measured. */
export interface Results {
  readonly machine: Machine
  readonly rows: readonly Row[]
  readonly states: readonly StateFigures[]
  readonly worker: WorkerFigures | undefined
}

export interface Machine {
  readonly processor: string
  readonly node: string
  readonly openssl: string
  readonly primitives: string
  readonly date: string
}

export function thisMachine(): Machine {
  return {
    processor: `${cpus().length} x ${cpus()[0]?.model ?? "unknown"}`,
    node: process.version,
    openssl: process.versions.openssl ?? "none",
    primitives: nodeCrypto(1).primitives,
    date: new Date().toISOString().slice(0, 10),
  }
}

/** The tables, in Markdown. */
export function reportOf({ machine, rows, states, worker }: Results): string {
  const { processor, node, openssl, primitives, date } = machine
  const judged = targets(
    rows,
    states.find(({ suite }) => suite === 1),
  )
  const sections = [
    `${processor}, Node ${node}, OpenSSL ${openssl}, ${primitives}, ${date}.`,
    `## CPU time of one operation, in us\n\n${METHOD}\n\n${rowsTable(rows)}\n\n${callsTable(rows)}`,
  ]
  if (states.length > 0) sections.push(`## What a state takes\n\n${stateTable(states)}`)
  if (worker !== undefined) sections.push(`## Inline or in a worker\n\n${WORKER}\n\n${workerTable(worker)}`)
  if (judged.length > 0) sections.push(`## Targets\n\n${targetsTable(judged)}`)
  return `${sections.join("\n\n")}\n`
}

export async function writeResults(folder: string, results: Results): Promise<void> {
  await mkdir(folder, { recursive: true })
  const pictures: string[] = []
  for (const group of PLOTS) {
    const picture = plot(results.rows, group)
    if (picture === undefined) continue
    await writeFile(join(folder, group.file), picture)
    pictures.push(`![${group.title}](${group.file})`)
  }
  const text = `# MLS: what an operation costs\n\n\`npm run bench:mls -- --out DIR\` makes these files.\n\n${reportOf(results)}\n${pictures.join("\n\n")}\n`
  await writeFile(join(folder, "README.md"), text)
  await writeFile(join(folder, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`)
}

const METHOD = `Medians of CPU time of the whole process (\`process.cpuUsage\`), after warm-up. \`primitives\`: the calls of the crypto
provider that the operation makes, recorded once, made again bare and in turn with the operation; a KEM operation is one call,
HKDF is ours over a plain hash. Trees are warm: every parent that a path can fill is filled. The first member commits, the last
one receives; the member that leaves is in the committer's other half. Handshakes are public, an add has no path, its Welcome no
tree; a join reads its tree from the Welcome. Messages are a sender's second and later ones, padded to 256 bytes.
In brackets: times ours. ts-mls 1.6.4 holds the same states, converted. \`openmls-wasm\` 0.1.0 and \`@wireapp/core-crypto\`
10.3.0 (OpenMLS in WebAssembly both) are a member more of a warm group of one less; the first speaks suite 3 alone, encrypts
handshakes and pads nothing; the second works in transactions with a key store in memory.`

const WORKER = `\`blocks\`: the longest time that the thread that asks does nothing else. A worker is better where an operation done inline
would block for longer than a frame lasts.`
