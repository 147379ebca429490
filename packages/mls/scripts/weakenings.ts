import { globSync, readFileSync } from "node:fs"

/** One place in the sources where less could be asked of what a peer made. */
export interface Weakening {
  /** In `src`. */
  readonly file: string
  /** Of the weakenings of its file. */
  readonly number: number
  /** The line that it is on, as it reads then. */
  readonly line: string
}

const SOURCES = new URL("../src/", import.meta.url)
/** Where refusals are made and caught, and primitives, whose tests are not among those that are run. */
const LEFT_OUT = new Set([
  "refusal.ts",
  "curve-points.ts",
  "dhkem.ts",
  "ecdsa.ts",
  "ecdsa-signature.ts",
  "ml-kem.ts",
  "x-wing.ts",
])
/** Looks ahead to what hangs on a condition: a guard on its line, or on the next. */
const GUARDED = String.raw`(?=.*(?:refuse\(|\.fail\(|return false$|\{\n +refuse\())`

const WEAKER: readonly (readonly [strict: RegExp, weak: string])[] = [
  // Nothing is refused, or looked at.
  [/\b(?:refuse|(?:reader|own|each|r)\.fail)(?=\()/g, "tolerated"],
  [/(?<=^ +|\) )(?:require(?!DistinctTypes)|validate|verify)[A-Z]\w*(?=\()/gm, "tolerated"],
  [/(?<=\) )return false$/gm, "tolerated()"],
  // A bound lies one further.
  [new RegExp(String.raw` [<>](?= )${GUARDED}`, "gm"), "$&="],
  [new RegExp(String.raw`(?<= [<>])=(?= )${GUARDED}`, "gm"), ""],
  // One of several faults passes: the first, or a later one.
  [new RegExp(String.raw`(?<=\bif \([^|\n]*) \|\|(?= )${GUARDED}`, "gm"), ", false ||"],
  [new RegExp(String.raw` \|\|(?= )${GUARDED}`, "gm"), " || false &&"],
  // Of several things that make something valid one is enough.
  [/(?<=^ +return .*) &&(?= [^?{\n]*$)|(?<=^ {4}\S.*) &&$/gm, " ||"],
]

export function weakenings(): readonly Weakening[] {
  const files = globSync("*.ts", { cwd: SOURCES }).filter((file) => !LEFT_OUT.has(file))
  return files.toSorted().flatMap((file) => {
    const text = readFileSync(new URL(file, SOURCES), "utf8")
    return places(text).map((place, number) => ({ file, number, line: lineAt(replaced(text, place), place.at) }))
  })
}

/** The text of a file with one weakening. */
export function weakened(text: string, number: number): string {
  const place = places(text)[number]
  if (place === undefined) throw new RangeError(`there is no weakening number ${number}`)
  return `${replaced(text, place)}\nfunction tolerated() {}\n`
}

interface Place {
  readonly at: number
  readonly strict: string
  readonly weak: string
}

function places(text: string): readonly Place[] {
  return WEAKER.flatMap(([pattern, weak]) =>
    Array.from(text.matchAll(pattern), ({ index, 0: strict }) => ({
      at: index,
      strict,
      weak: weak.replace("$&", strict),
    })),
  )
}

function replaced(text: string, { at, strict, weak }: Place): string {
  return text.slice(0, at) + weak + text.slice(at + strict.length)
}

function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf("\n", index) + 1
  return text.slice(start, text.indexOf("\n", index)).trim()
}
