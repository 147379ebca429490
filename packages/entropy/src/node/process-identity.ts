import { readFileSync } from "node:fs"
import process from "node:process"

/** One run of one process. A process id alone is not enough: the next boot, or a later process, may have the same. */
export interface ProcessIdentity {
  readonly pid: number
  /** Empty where the system does not tell. */
  readonly boot: string
  /** In ticks since boot; empty where the system does not tell. */
  readonly started: string
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, boot: bootId(), started: statusOf(process.pid).started }
}

/** Whether that very process still runs. One that ended and that its parent has not reaped has a number, and runs no more. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.boot !== bootId()) return false
  if (!isTaken(identity.pid)) return false
  const { state, started } = statusOf(identity.pid)
  return state !== "Z" && state !== "X" && identity.started === started
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

function bootId(): string {
  return readProc("/proc/sys/kernel/random/boot_id").trim()
}

/**
 * Fields 3 and 22 of proc_pid_stat(5), counted after the name, which may hold anything but ends with the last
 * parenthesis; empty where the system does not tell.
 */
function statusOf(pid: number): { readonly state: string; readonly started: string } {
  const stat = readProc(`/proc/${pid}/stat`)
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  return { state: fields[0] ?? "", started: fields[19] ?? "" }
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
