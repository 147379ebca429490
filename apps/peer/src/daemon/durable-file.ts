import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs"
import { dirname } from "node:path"

/** The file's bytes, or `undefined` where there is none. */
export function readIfPresent(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(readFileSync(path))
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined
    throw error
  }
}

/**
 * Creates a file of mode 0600 with these bytes, whole and durable or not at all.
 * Returns false, with nothing changed, where a file of that name exists.
 */
export function createDurably(path: string, bytes: Uint8Array): boolean {
  const draft = writeDraft(path, bytes)
  try {
    linkSync(draft, path)
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
  syncFolder(dirname(path))
  return true
}

/** As `createDurably`, but takes the place of an existing file. */
export function replaceDurably(path: string, bytes: Uint8Array): void {
  renameSync(writeDraft(path, bytes), path)
  syncFolder(dirname(path))
}

function writeDraft(path: string, bytes: Uint8Array): string {
  const draft = `${path}.${process.pid}.draft`
  rmSync(draft, { force: true })
  const file = openSync(draft, "wx", 0o600)
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return draft
}

function syncFolder(folder: string): void {
  if (process.platform === "win32") return
  const descriptor = openSync(folder, "r")
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code
}
