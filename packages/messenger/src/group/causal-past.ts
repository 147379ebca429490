import type { RecordHash } from "../record/record.ts"

/** For each operation, which ones its author knew of. */
export type CausalPasts = ReadonlyMap<RecordHash, CausalPast>

/**
 * A device's operations follow one another in a *line*, and who knows of one knows of those before it in its line: so that a
 * number for each line says everything. A log that forked has a line for each branch, with positions of its own: by its number
 * alone, what was written into an old branch afterwards would pass for something that others knew long ago.
 */
export interface CausalPast {
  /** The first operation of its line. */
  readonly line: RecordHash
  /** In its line, from 1. */
  readonly position: number
  /** Of the other lines, the one that this one parts from among them: the position of the last operation that was known. */
  readonly known: ReadonlyMap<RecordHash, number>
  /** False where it depends on something that is not held, and that may still come. */
  readonly complete: boolean
}

interface Node {
  readonly hash: RecordHash
  readonly deps: readonly RecordHash[]
  readonly previous: RecordHash | undefined
}

/**
 * Hashes name what they cover, so that there is no cycle; a dependency that is not held is left out. `before` is what was
 * found of a part of `operations`: of that, only what lacked something is looked at again.
 */
export function causalPasts(operations: ReadonlyMap<RecordHash, Node>, before: CausalPasts = new Map()): CausalPasts {
  const pasts = new Map([...before].filter(([hash, { complete }]) => complete && operations.has(hash)))
  const continued = continuedIn(operations, pasts)
  for (const start of operations.keys()) {
    const stack = [start]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const node = operations.get(top)
      const open = pasts.has(top) ? [] : parentsOf(operations, node).filter((parent) => !pasts.has(parent))
      if (open.length > 0) {
        stack.push(...open)
        continue
      }
      stack.pop()
      if (node === undefined || pasts.has(top)) continue
      pasts.set(top, pastOf(node, pasts, continued))
    }
  }
  return pasts
}

/** True where the author of `later` knew of `earlier`. */
export function precedes(pasts: CausalPasts, earlier: RecordHash, later: RecordHash): boolean {
  const [first, second] = [pasts.get(earlier), pasts.get(later)]
  if (first === undefined || second === undefined) return false
  if (first.line === second.line) return first.position < second.position
  return first.position <= (second.known.get(first.line) ?? 0)
}

/** How many operations the author of one knew of. */
export function depthOf(pasts: CausalPasts, hash: RecordHash): number {
  const past = pasts.get(hash)
  if (past === undefined) return 0
  let depth = past.position - 1
  for (const position of past.known.values()) depth += position
  return depth
}

/** The operations that no other one depends on. */
export function frontier(operations: ReadonlyMap<RecordHash, Node>): RecordHash[] {
  const covered = new Set([...operations.values()].flatMap((node) => parentsOf(operations, node)))
  return [...operations.keys()].filter((hash) => !covered.has(hash)).sort()
}

/** What an operation names as known, itself, of what is held. */
export function parentsOf(operations: ReadonlyMap<RecordHash, Node>, node: Node | undefined): RecordHash[] {
  if (node === undefined) return []
  const parents = node.previous === undefined ? node.deps : [...node.deps, node.previous]
  return parents.filter((parent) => operations.has(parent))
}

/** The operations whose lines go on: of several that follow one, a single one goes on with its line, whichever it is. */
function continuedIn(operations: ReadonlyMap<RecordHash, Node>, pasts: CausalPasts): Set<RecordHash> {
  const continued = new Set<RecordHash>()
  for (const [hash, { line }] of pasts) if (line !== hash) continued.add(operations.get(hash)?.previous ?? "")
  return continued
}

function pastOf({ hash, deps, previous }: Node, pasts: CausalPasts, continued: Set<RecordHash>): CausalPast {
  const last = pasts.get(previous ?? "")
  const goesOn = last !== undefined && previous !== undefined && !continued.has(previous)
  if (goesOn) continued.add(previous)
  const [line, position] = goesOn ? [last.line, last.position + 1] : [hash, 1]
  let known = last?.known ?? NONE
  if (last !== undefined && !goesOn) known = joined(known, [[last.line, last.position]])
  let complete = last?.complete ?? previous === undefined
  for (const dep of deps) {
    const past = pasts.get(dep)
    complete &&= past?.complete ?? false
    if (past === undefined || past.line === line) continue
    if (past.position <= (known.get(past.line) ?? 0)) continue
    const others = [...past.known].filter(([other]) => other !== line)
    known = joined(known, [[past.line, past.position], ...others])
  }
  return { line, position, known, complete }
}

const NONE: CausalPast["known"] = new Map()

function joined(
  known: CausalPast["known"],
  more: readonly (readonly [line: RecordHash, position: number])[],
): CausalPast["known"] {
  const both = new Map(known)
  for (const [line, position] of more) both.set(line, Math.max(position, both.get(line) ?? 0))
  return both
}
