import type { DeviceKey } from "../identity/device-certificate.ts"
import type { RecordHash } from "../record/record.ts"

/** For each operation, which ones its author knew of. */
export type CausalPasts = ReadonlyMap<RecordHash, CausalPast>

/**
 * A device's operations follow one another, and who knows of one knows of those before it: so that a number for each
 * device says everything.
 */
export interface CausalPast {
  readonly device: DeviceKey
  /** Among its device's operations, from 1. */
  readonly position: number
  /** Of the other devices: the position of the last operation that was known. */
  readonly known: ReadonlyMap<DeviceKey, number>
  /** False where it depends on something that is not held, and that may still come. */
  readonly complete: boolean
}

interface Node {
  readonly hash: RecordHash
  readonly device: DeviceKey
  readonly deps: readonly RecordHash[]
  readonly previous: RecordHash | undefined
}

/**
 * Hashes name what they cover, so that there is no cycle; a dependency that is not held is left out. `before` is what was
 * found of a part of `operations`: of that, only what lacked something is looked at again.
 */
export function causalPasts(operations: ReadonlyMap<RecordHash, Node>, before: CausalPasts = new Map()): CausalPasts {
  const pasts = new Map([...before].filter(([hash, { complete }]) => complete && operations.has(hash)))
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
      if (node !== undefined && !pasts.has(top)) pasts.set(top, pastOf(node, pasts))
    }
  }
  return pasts
}

/** True where the author of `later` knew of `earlier`. */
export function precedes(pasts: CausalPasts, earlier: RecordHash, later: RecordHash): boolean {
  const [first, second] = [pasts.get(earlier), pasts.get(later)]
  if (first === undefined || second === undefined) return false
  if (first.device === second.device) return first.position < second.position
  return first.position <= (second.known.get(first.device) ?? 0)
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

function parentsOf(operations: ReadonlyMap<RecordHash, Node>, node: Node | undefined): RecordHash[] {
  if (node === undefined) return []
  const parents = node.previous === undefined ? node.deps : [...node.deps, node.previous]
  return parents.filter((parent) => operations.has(parent))
}

function pastOf({ device, deps, previous }: Node, pasts: CausalPasts): CausalPast {
  const last = pasts.get(previous ?? "")
  let known: Map<DeviceKey, number> | undefined
  let complete = last?.complete ?? previous === undefined
  for (const dep of deps) {
    const past = pasts.get(dep)
    complete &&= past?.complete ?? false
    if (past === undefined || past.device === device) continue
    if (past.position <= ((known ?? last?.known)?.get(past.device) ?? 0)) continue
    known ??= new Map(last?.known)
    known.set(past.device, past.position)
    for (const [other, position] of past.known)
      if (other !== device && position > (known.get(other) ?? 0)) known.set(other, position)
  }
  return { device, position: (last?.position ?? 0) + 1, known: known ?? last?.known ?? NOBODY, complete }
}

const NOBODY: CausalPast["known"] = new Map()
