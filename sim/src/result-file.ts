import { appendFileSync, existsSync, readFileSync } from "node:fs"

import { codeDigest } from "./code-digest.ts"
import type { RunResult } from "./run-seed.ts"

/** A file holds runs of other sources than those that are here: together they would say nothing about either. */
export class OtherCode extends Error {}

interface Line {
  /** Of the sources that it was played with. */
  readonly code: string
  readonly variant: string
  readonly result: RunResult
}

/** One line of JSON for each run that is over, so that a long series of one code can be broken off and taken up again. */
export class ResultFile {
  readonly #path: string
  readonly #code: string

  constructor(path: string, code = codeDigest()) {
    this.#path = path
    this.#code = code
  }

  /** What was played of a variant; a last line that was cut short is played again. Throws `OtherCode`. */
  read(variant: string): RunResult[] {
    if (!existsSync(this.#path)) return []
    const text = readFileSync(this.#path, "utf8")
    if (!text.endsWith("\n")) appendFileSync(this.#path, "\n")
    const lines = text.split("\n").flatMap(parse)
    if (lines.some(({ code }) => code !== this.#code))
      throw new OtherCode(`${this.#path} holds runs of other code than this: name another file, or check that code out`)
    return lines.flatMap((line) => (line.variant === variant ? [line.result] : []))
  }

  append(variant: string, result: RunResult): void {
    const line: Line = { code: this.#code, variant, result }
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`)
  }
}

function parse(line: string): Line[] {
  try {
    return line === "" ? [] : [JSON.parse(line)]
  } catch {
    return []
  }
}
