import {
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  writeSync,
  closeSync,
  statSync,
} from "node:fs"
import { join } from "node:path"

import { DurableFileSystem } from "../src/database/durable-file-system.ts"

const SECTOR = 512

interface Stream {
  readonly nfd?: number
  readonly node: unknown
}
type Write = (stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number) => number
type Sync = (stream: Stream) => number

/**
 * Keeps what every sector held before its first write since the file's last sync, so that a loss of power can be played:
 * any subset of the unsynced sectors has its old content again. Names and lengths of files survive, as on a journalling
 * file system.
 */
export class RecordingFileSystem extends DurableFileSystem {
  /** By inode, since the write-ahead log renames its files. */
  readonly #unsynced = new Map<number, Map<number, Uint8Array>>()

  override async init(...args: Parameters<DurableFileSystem["init"]>): ReturnType<DurableFileSystem["init"]> {
    const { emscriptenOpts } = await super.init(...args)
    const record = (module: { NODEFS: unknown }) => {
      const nodefs = module.NODEFS as { stream_ops: { write: Write; fsync: Sync }; realPath(node: unknown): string }
      const operations = nodefs.stream_ops
      const { write, fsync } = operations
      operations.write = (stream, buffer, offset, length, position) => {
        if (stream.nfd !== undefined) this.#remember(nodefs.realPath(stream.node), position, length)
        return write(stream, buffer, offset, length, position)
      }
      operations.fsync = (stream) => {
        const result = fsync(stream)
        if (stream.nfd !== undefined && result === 0) this.#unsynced.delete(fstatSync(stream.nfd).ino)
        return result
      }
    }
    return { emscriptenOpts: { ...emscriptenOpts, preRun: [...(emscriptenOpts.preRun ?? []), record] } }
  }

  get unsyncedSectors(): number {
    return [...this.#unsynced.values()].reduce((sum, sectors) => sum + sectors.size, 0)
  }

  /** Copies the cluster as a loss of power could leave it; `lost` decides for each unsynced sector. */
  powerLoss(from: string, to: string, lost: () => boolean): void {
    mkdirSync(to, { recursive: true })
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      const [source, target] = [join(from, entry.name), join(to, entry.name)]
      if (entry.isDirectory()) {
        this.powerLoss(source, target, lost)
        continue
      }
      copyFileSync(source, target)
      const sectors = this.#unsynced.get(statSync(source).ino)
      if (sectors === undefined) continue
      const file = openSync(target, "r+")
      for (const [sector, old] of sectors) if (lost()) writeSync(file, old, 0, SECTOR, sector * SECTOR)
      closeSync(file)
    }
  }

  #remember(path: string, position: number, length: number): void {
    const file = openSync(path, "r")
    const { ino } = fstatSync(file)
    const sectors = this.#unsynced.get(ino) ?? new Map<number, Uint8Array>()
    this.#unsynced.set(ino, sectors)
    for (let sector = Math.floor(position / SECTOR); sector * SECTOR < position + length; sector++) {
      if (sectors.has(sector)) continue
      const old = new Uint8Array(SECTOR)
      readSync(file, old, 0, SECTOR, sector * SECTOR)
      sectors.set(sector, old)
    }
    closeSync(file)
  }
}
