import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname } from "node:path"

import { isAlive, ownIdentity, type ProcessIdentity } from "./process-identity.ts"

/** Another process that still runs, or this one, has the file open. */
export class PoolLocked extends Error {
  override readonly name = "PoolLocked"
  readonly pid: number

  constructor(path: string, pid: number) {
    super(`${path} is in use by the running process ${pid}; only one Starling at a time can use a data folder`)
    this.pid = pid
  }
}

/**
 * Locks `path` until the returned function is called, or this process ends in whatever way. Throws `PoolLocked`.
 *
 * The lock is a row of numbered files beside `path`, each naming a process; the highest one counts. Whoever finds that
 * its process is gone makes the next number, which the file system lets only one succeed in; files under the highest
 * are swept away, the highest itself never is, so that a latecomer with an old number finds itself overtaken. A release
 * empties the highest file.
 */
export function lockFile(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const own = JSON.stringify(ownIdentity())
  for (;;) {
    const last = highest(path)
    const holder = last === 0 ? undefined : readHolder(lockName(path, last))
    if (holder !== undefined && isAlive(holder)) throw new PoolLocked(path, holder.pid)
    const mine = last + 1
    if (!claim(lockName(path, mine), own)) continue
    if (highest(path) > mine) {
      rmSync(lockName(path, mine), { force: true })
      continue
    }
    sweep(path, mine)
    return () => replace(lockName(path, mine), "")
  }
}

/** Makes the file with its content in one step; false where it exists. */
function claim(name: string, content: string): boolean {
  const draft = `${name}.${ownIdentity().pid}.draft`
  writeFileSync(draft, content, { mode: 0o600, flag: "w" })
  try {
    linkSync(draft, name)
    return true
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

function replace(name: string, content: string): void {
  const draft = `${name}.${ownIdentity().pid}.draft`
  writeFileSync(draft, content, { mode: 0o600, flag: "w" })
  renameSync(draft, name)
}

function lockName(path: string, number: number): string {
  return `${path}.lock-${number}`
}

function numbers(path: string): number[] {
  const prefix = `${basename(path)}.lock-`
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix) && /^[0-9]+$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)))
}

function highest(path: string): number {
  return Math.max(0, ...numbers(path))
}

function sweep(path: string, under: number): void {
  for (const number of numbers(path)) if (number < under) rmSync(lockName(path, number), { force: true })
}

/** The process that the lock names; a lock that was released, or that a loss of power garbled, names none. */
function readHolder(name: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(name, "utf8"))
    return isIdentity(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null || !("pid" in value && "boot" in value && "started" in value))
    return false
  return Number.isInteger(value.pid) && typeof value.boot === "string" && typeof value.started === "string"
}
