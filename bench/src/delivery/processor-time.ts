import { readdirSync, readFileSync } from "node:fs"

/** Milliseconds of processor that the living threads of a process have used. Linux alone tells. */
export function processorTime(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [used = ""] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")
    nanoseconds += Number(used)
  }
  return nanoseconds / 1e6
}

/** A process and all that it started. */
export function withDescendants(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number)
  return [pid, ...children.flatMap(withDescendants)]
}

/** Bytes of memory that a process holds. */
export function residentBytes(pid: number): number {
  const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? []
  if (kibibytes === undefined) throw new Error(`process ${pid} has no memory: it has ended`)
  return Number(kibibytes) * 1024
}
