import type { RecordHash } from "../record/record.ts"

/** For each operation, every known operation that its author knew of. */
export type CausalPasts = ReadonlyMap<RecordHash, ReadonlySet<RecordHash>>

interface Node {
  readonly hash: RecordHash
  readonly deps: readonly RecordHash[]
  readonly previous: RecordHash | undefined
}

/** Hashes name what they cover, so that there is no cycle; a dependency that is not held is left out. */
export function causalPasts(operations: ReadonlyMap<RecordHash, Node>): CausalPasts {
  const pasts = new Map<RecordHash, ReadonlySet<RecordHash>>()
  for (const start of operations.keys()) {
    const stack = [start]
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const open = parentsOf(operations, top).filter((parent) => !pasts.has(parent))
      if (!pasts.has(top) && open.length > 0) {
        stack.push(...open)
        continue
      }
      stack.pop()
      if (!pasts.has(top)) pasts.set(top, union(parentsOf(operations, top), pasts))
    }
  }
  return pasts
}

/** The operations that no other one depends on. */
export function frontier(operations: ReadonlyMap<RecordHash, Node>): RecordHash[] {
  const covered = new Set([...operations.keys()].flatMap((hash) => parentsOf(operations, hash)))
  return [...operations.keys()].filter((hash) => !covered.has(hash)).sort()
}

function parentsOf(operations: ReadonlyMap<RecordHash, Node>, hash: RecordHash): RecordHash[] {
  const node = operations.get(hash)
  if (node === undefined) return []
  const parents = node.previous === undefined ? node.deps : [...node.deps, node.previous]
  return parents.filter((parent) => operations.has(parent))
}

function union(parents: readonly RecordHash[], pasts: CausalPasts): Set<RecordHash> {
  const past = new Set(parents)
  for (const parent of parents) for (const hash of pasts.get(parent) ?? []) past.add(hash)
  return past
}
