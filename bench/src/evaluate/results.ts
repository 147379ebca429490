import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"

import { distributionOf, type Distribution } from "../distribution.ts"
import type { Baselines } from "./baselines.ts"
import { figuresOf, type Figure, type Observations } from "./figures.ts"
import type { EntropyFigures } from "./entropy-figures.ts"
import { limitsOf, type Limit } from "./limits.ts"
import type { Load } from "./load.ts"
import { thisMachine, type Machine } from "./machine.ts"
import type { Options } from "./options.ts"
import { plotsOf } from "./plots.ts"
import { reportOf } from "./report.ts"
import type { Run } from "./run.ts"
import { writeFiguresOf, type WriteFigures } from "./write-figures.ts"

/** What a run is reported with; times in milliseconds. */
export interface Results {
  readonly version: 1
  readonly machine: Machine
  readonly run: {
    readonly options: Omit<Options, "out" | "json" | "tokenFile">
    readonly groups: readonly { readonly members: number; readonly suite: string }[]
    readonly processes: number
    readonly startSeconds: number
    readonly formSeconds: number
  }
  readonly delivery: {
    readonly messages: number
    readonly deliveries: number
    readonly delivered: number
    readonly ratio: number
    readonly upds: number
  }
  readonly figures: readonly Figure[]
  /** From an invitee's consent until all members are in one state, as seen from outside every 0.2 s. */
  readonly joins: Distribution
  /** Of one instance, on average. */
  readonly instance: { readonly startMs: Distribution; readonly idle: Load; readonly busy: Load }
  readonly entropy: EntropyFigures
  readonly writes: WriteFigures
  readonly baselines: Baselines | undefined
  readonly limits: readonly Limit[]
}

export function resultsOf(options: Options, run: Run, baselines: Baselines | undefined): Results {
  const { observations, processes, idle, busy, heals, entropy, startSeconds, formSeconds } = run
  const { book, groups } = observations
  const { delivered } = book
  const { out: _, json: __, tokenFile: ___, ...asked } = options
  const ratio = delivered / book.expected
  const figures = figuresOf(observations)
  const writes = writeFiguresOf(observations)
  return {
    version: 1,
    machine: thisMachine(),
    run: {
      options: asked,
      groups: groups.map(({ members, suite }) => ({ members: members.length, suite })),
      processes,
      startSeconds,
      formSeconds,
    },
    delivery: {
      messages: book.messages,
      deliveries: book.expected,
      delivered,
      ratio,
      upds: heals,
    },
    figures,
    joins: distributionOf(groups.flatMap(({ joins }) => joins)),
    instance: { startMs: run.startMs, idle, busy },
    entropy,
    writes,
    baselines,
    limits: limitsOf({ figures, busy, writes, ratio, baselines }),
  }
}

export async function writeResults(folder: string, results: Results, observations: Observations): Promise<void> {
  await mkdir(folder, { recursive: true })
  const plots = plotsOf(observations)
  for (const { file, svg } of plots) await writeFile(join(folder, file), svg)
  const pictures = plots.map(({ file, title }) => `![${title}](${file})`)
  await writeFile(join(folder, "report.md"), `${reportOf(results)}\n${pictures.join("\n\n")}\n`)
  await writeFile(join(folder, "results.json"), `${JSON.stringify(results, undefined, 2)}\n`)
}
