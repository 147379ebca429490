import { closeSync, constants, fdatasyncSync, fstatSync, fsyncSync, openSync, readSync, writeSync } from "node:fs"
import { platform } from "node:os"
import { dirname } from "node:path"

import type { PoolFile } from "../pool-file.ts"
import { lockFile } from "./file-lock.ts"

export { PoolLocked } from "./file-lock.ts"

/** Opens or creates the file, readable by its owner alone. Throws `PoolLocked` where another process has it open. */
export function openPoolFile(path: string): PoolFile {
  const unlock = lockFile(path)
  try {
    const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    syncFolder(path)
    return {
      read: (offset, length) => readAt(fd, offset, length),
      write: (offset, bytes) => writeAt(fd, offset, bytes),
      sync: () => fdatasyncSync(fd),
      size: () => fstatSync(fd).size,
      close() {
        closeSync(fd)
        unlock()
      },
    }
  } catch (error) {
    unlock()
    throw error
  }
}

function readAt(fd: number, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let at = 0
  while (at < length) {
    const count = readSync(fd, bytes, at, length - at, offset + at)
    if (count === 0) break
    at += count
  }
  return bytes.slice(0, at)
}

function writeAt(fd: number, offset: number, bytes: Uint8Array): void {
  let at = 0
  while (at < bytes.length) at += writeSync(fd, bytes, at, bytes.length - at, offset + at)
}

/** A file that was just made is lost with its folder's entry, unless that is durable too. Windows has no such barrier. */
function syncFolder(path: string): void {
  if (platform() === "win32") return
  const folder = openSync(dirname(path), constants.O_RDONLY)
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
