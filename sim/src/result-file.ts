import { appendFileSync, existsSync, readFileSync } from "node:fs"

import type { RunResult } from "./run-seed.ts"

/** One line of JSON for each run that is over, so that a long series can be broken off and taken up again. */
export class ResultFile {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** What was played of a variant; a last line that was cut short is played again. */
  read(variant: string): RunResult[] {
    if (!existsSync(this.#path)) return []
    return readFileSync(this.#path, "utf8")
      .split("\n")
      .flatMap((line) => {
        const kept = parse(line)
        return kept?.variant === variant ? [kept.result] : []
      })
  }

  append(variant: string, result: RunResult): void {
    appendFileSync(this.#path, `${JSON.stringify({ variant, result })}\n`)
  }
}

function parse(line: string): { readonly variant: string; readonly result: RunResult } | undefined {
  try {
    return line === "" ? undefined : JSON.parse(line)
  } catch {
    return undefined
  }
}
