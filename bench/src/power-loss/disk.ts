import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import type { DiskEvent } from "./recording.ts"

const SECTOR = 512

/** Which syncs the disk pretends to have done: the mutant of a program that leaves one out. */
export type IgnoredSync = (path: string) => boolean

interface Pending {
  readonly offset: number
  readonly bytes: Uint8Array
}

interface ModelFile {
  /** What is on the platter for certain. */
  durable: Uint8Array
  /** What was written since, sector by sector; each may or may not reach the platter, in any order. */
  pending: Pending[]
  /** Sizes asked for since; the size that survives is one of these or the durable one. */
  sizes: number[]
  /** Its name is in the folder for certain. */
  named: boolean
}

/**
 * A disk that loses power: any subset of the sectors written since the last sync of their file survives, a file whose
 * folder was not synced may be gone, a removed one may be back.
 */
export class PowerLossDisk {
  readonly #files = new Map<string, ModelFile>()
  readonly #removed = new Map<string, ModelFile>()
  readonly #ignored: IgnoredSync

  constructor(ignored: IgnoredSync = () => false) {
    this.#ignored = ignored
  }

  apply(event: DiskEvent): void {
    switch (event.kind) {
      case "create":
        if (!this.#files.has(event.path))
          this.#files.set(event.path, { durable: new Uint8Array(), pending: [], sizes: [], named: false })
        return
      case "write": {
        const file = this.#file(event.path)
        for (const piece of sectors(event.offset, event.bytes)) file.pending.push(piece)
        file.sizes.push(Math.max(currentSize(file), event.offset + event.bytes.length))
        return
      }
      case "truncate": {
        const file = this.#file(event.path)
        file.pending = file.pending.filter(({ offset, bytes }) => offset + bytes.length <= event.length)
        file.sizes.push(event.length)
        return
      }
      case "sync":
        if (!this.#ignored(event.path)) this.#sync(event.path)
        return
      case "unlink": {
        const file = this.#files.get(event.path)
        if (file?.named === true) this.#removed.set(event.path, file)
        this.#files.delete(event.path)
        return
      }
      case "acknowledge":
    }
  }

  /** Writes one possible aftermath of losing power at this moment into `folder`. */
  crashInto(folder: string, chance: () => number): void {
    mkdirSync(folder, { recursive: true })
    const surviving = new Map([...this.#removed].filter(() => chance() < 0.5))
    for (const [path, file] of this.#files) if (file.named || chance() < 0.5) surviving.set(path, file)
    // Often all or nothing of what is pending survives: the extremes find more than an even mix.
    const share = [0, 0.5, 1, chance()][Math.floor(chance() * 4)] ?? 0.5
    for (const [path, file] of surviving) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(
        join(folder, path),
        aftermath(file, () => chance() < share),
        { mode: 0o600 },
      )
    }
  }

  #sync(path: string): void {
    if (path === ".") {
      for (const file of this.#files.values()) file.named = true
      this.#removed.clear()
      return
    }
    const file = this.#files.get(path)
    if (file === undefined) return
    file.durable = aftermath(file, () => true)
    file.pending = []
    file.sizes = []
  }

  #file(path: string): ModelFile {
    const file = this.#files.get(path)
    if (file === undefined) throw new Error(`${path} was changed before it was created`)
    return file
  }
}

function currentSize(file: ModelFile): number {
  return file.sizes.at(-1) ?? file.durable.length
}

function aftermath(file: ModelFile, survives: () => boolean): Uint8Array {
  const kept = file.pending.filter(survives)
  const sized = file.sizes.findLast(survives) ?? file.durable.length
  // A sector that reached the platter beyond the end is reached by the size too: what lies beyond the size is not seen.
  const image = new Uint8Array(
    Math.max(sized, ...kept.map(({ offset, bytes }) => offset + bytes.length), file.durable.length),
  )
  image.set(file.durable)
  for (const { offset, bytes } of kept) image.set(bytes, offset)
  return image.slice(0, sized)
}

function* sectors(offset: number, bytes: Uint8Array): Generator<Pending> {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + SECTOR - ((offset + at) % SECTOR))
    yield { offset: offset + at, bytes: bytes.slice(at, end) }
    at = end
  }
}
