import { globSync, readFileSync } from "node:fs"

/** A place in the sources where something that a peer made is refused. */
export interface Guard {
  /** In `src`. */
  readonly file: string
  /** Of the guards of its file. */
  readonly number: number
  /** The line that it stands on, as it reads. */
  readonly line: string
}

const SOURCES = new URL("../src/", import.meta.url)
const GUARD = /\b(?:refuse|(?:reader|own|each|r)\.fail)\(/g

/** All but where a refusal is made and caught. */
export function guards(): readonly Guard[] {
  const files = globSync("*.ts", { cwd: SOURCES }).filter((file) => file !== "refusal.ts")
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(new URL(file, SOURCES), "utf8")
    return Array.from(text.matchAll(GUARD), ({ index }, number) => ({ file, number, line: lineAt(text, index) }))
  })
}

/** The text of a file in which one guard lets everything pass. */
export function withoutGuard(text: string, number: number): string {
  let at = 0
  const open = text.replace(GUARD, (guard) => (at++ === number ? "tolerated(" : guard))
  if (at <= number) throw new RangeError(`there are ${at} guards, and no number ${number}`)
  return `${open}\nfunction tolerated() {}\n`
}

function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf("\n", index) + 1
  return text.slice(start, text.indexOf("\n", index)).trim()
}
