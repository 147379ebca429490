import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs"
import { join } from "node:path"

import { SourceFailed, type SourceFault } from "@starling/entropy"
import { z } from "zod"
import { parseJson } from "../parse-json.ts"

const Content = z.object({
  version: z.literal(1),
  at: z.string(),
  source: z.string(),
  fault: z.string(),
  detail: z.string(),
})
const FAULTS: Readonly<Record<SourceFault, true>> = {
  "repetition count": true,
  "adaptive proportion": true,
  variance: true,
  unplugged: true,
  "short read": true,
  "too slow": true,
  unreachable: true,
  certificate: true,
  refused: true,
  exhausted: true,
  "server error": true,
  "malformed answer": true,
  broken: true,
}

export interface Latched {
  readonly failure: SourceFailed
  /** ISO 8601. */
  readonly at: string
}

/** `source.latched` in the data folder: that a source failed outlasts the process, until an operator has seen to it. */
export class LatchFile {
  readonly #folder: string
  readonly #path: string

  constructor(folder: string) {
    this.#folder = folder
    this.#path = join(folder, "source.latched")
  }

  /** A file that can't be understood latches whichever source there is. */
  read(source: string): Latched | undefined {
    const text = readOrNothing(this.#path)
    if (text === undefined) return undefined
    const content = Content.safeParse(parseJson(text))
    if (!content.success)
      return { failure: new SourceFailed(source, "broken", "source.latched is damaged"), at: "unknown" }
    const { source: latched, fault, detail, at } = content.data
    if (latched !== source) return undefined
    return { failure: new SourceFailed(source, isFault(fault) ? fault : "broken", detail), at }
  }

  /** Durable when it returns. */
  write({ failure, at }: Latched): void {
    const { source, fault, detail } = failure
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 })
    const draft = `${this.#path}.new`
    const file = openSync(draft, constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC, 0o600)
    writeSync(file, JSON.stringify({ version: 1, at, source, fault, detail } satisfies z.infer<typeof Content>))
    fsyncSync(file)
    closeSync(file)
    renameSync(draft, this.#path)
    this.#syncFolder()
  }

  clear(): void {
    rmSync(this.#path, { force: true })
  }

  #syncFolder(): void {
    const folder = openSync(this.#folder, "r")
    fsyncSync(folder)
    closeSync(folder)
  }
}

function isFault(fault: string): fault is SourceFault {
  return Object.hasOwn(FAULTS, fault)
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined
    throw error
  }
}
