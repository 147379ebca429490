import type { PoolFile } from "@starling/entropy"
import type { Bytes } from "@starling/kernel"

import type { Seeded } from "./seeded.ts"

export const SECTOR = 512
export const DATA = 41_472
const SPACE = 256 * SECTOR

interface Write {
  readonly offset: number
  readonly bytes: Bytes
}

/** The current went away in the middle of an operation. */
export class PowerLoss extends Error {}

/**
 * One file on a disk that keeps its promises only from `sync` to `sync`. A loss of power keeps, for each sector written
 * since, any version it had, or a torn one that begins as one version and ends as another; or it keeps some of the
 * writes whole and loses others.
 */
export class Disk {
  /** What an open file sees. */
  readonly image = new Uint8Array(SPACE)
  /** Operations until the power goes; a write is still done, a sync is not. */
  fuse = Infinity
  /** Asked at each sync whether it shall do nothing, as a faulty program that lacks it. */
  swallow: () => boolean = () => false
  /** Thrown by the write after this many. */
  full: { after: number; error: Error } | undefined
  failSync: Error | undefined
  readonly log: string[] = []
  readonly writes: Write[] = []
  #unsynced: Write[] = []
  #size = 0
  readonly #durable = new Uint8Array(SPACE)
  #durableSize = 0
  readonly #versions = new Map<number, Bytes[]>()
  #locked = false

  static of(bytes: Uint8Array): Disk {
    const disk = new Disk()
    disk.image.set(bytes)
    disk.#durable.set(bytes)
    disk.#size = bytes.length
    disk.#durableSize = bytes.length
    return disk
  }

  bytes(): Bytes {
    return this.image.slice(0, this.#size)
  }

  open(): PoolFile {
    if (this.#locked) throw new Error("one owner at a time")
    this.#locked = true
    return {
      read: (offset, length) => this.image.slice(Math.min(offset, this.#size), Math.min(offset + length, this.#size)),
      write: (offset, bytes) => this.#write(offset, bytes),
      sync: () => this.#sync(),
      size: () => this.#size,
      close: () => {
        this.#locked = false
      },
    }
  }

  /** Whether a loss of power right now could leave these bytes readable at `offset`. */
  couldHold(offset: number, bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; at += SECTOR) {
      const part = bytes.subarray(at, at + SECTOR)
      const sector = (offset + at) / SECTOR
      const versions = [this.#durableSector(sector), ...(this.#versions.get(sector) ?? [])]
      if (versions.some((version) => part.every((byte, i) => version[i] === byte))) return true
    }
    return false
  }

  /** The power is back; what was not synced is there or not, sector by sector. */
  lose(random: Seeded): void {
    this.#locked = false
    this.fuse = Infinity
    if (random.chance(0.5)) this.#loseWrites(random)
    else this.#loseSectors(random)
    if (random.chance(0.5)) this.#durableSize = this.#size
    this.#versions.clear()
    this.#unsynced = []
    this.#durable.fill(0, this.#durableSize)
    this.#size = this.#durableSize
    this.image.set(this.#durable)
  }

  #loseWrites(random: Seeded): void {
    for (const { offset, bytes } of this.#unsynced) if (random.chance(0.5)) this.#durable.set(bytes, offset)
  }

  #loseSectors(random: Seeded): void {
    for (const [sector, written] of this.#versions) {
      const versions = [this.#durableSector(sector), ...written]
      const kept = versions[random.below(versions.length)]!.slice()
      if (random.chance(0.1)) {
        const end = random.below(SECTOR)
        kept.set(versions[random.below(versions.length)]!.subarray(end), end)
      }
      this.#durable.set(kept, sector * SECTOR)
    }
  }

  #write(offset: number, bytes: Uint8Array): void {
    this.log.push("write")
    if (this.full !== undefined && this.full.after-- <= 0) throw this.full.error
    const write = { offset, bytes: new Uint8Array(bytes) }
    this.writes.push(write)
    this.#unsynced.push(write)
    this.image.set(bytes, offset)
    this.#size = Math.max(this.#size, offset + bytes.length)
    const last = Math.floor((offset + bytes.length - 1) / SECTOR)
    for (let sector = Math.floor(offset / SECTOR); sector <= last; sector++) {
      const versions = this.#versions.get(sector) ?? []
      versions.push(this.image.slice(sector * SECTOR, (sector + 1) * SECTOR))
      this.#versions.set(sector, versions)
    }
    this.#burnDown()
  }

  #sync(): void {
    this.#burnDown()
    this.log.push("sync")
    if (this.failSync !== undefined) throw this.failSync
    if (this.swallow()) return
    this.#versions.clear()
    this.#unsynced = []
    this.#durable.set(this.image)
    this.#durableSize = this.#size
  }

  #burnDown(): void {
    if (this.fuse-- <= 0) throw new PowerLoss()
  }

  #durableSector(sector: number): Bytes {
    return this.#durable.slice(sector * SECTOR, (sector + 1) * SECTOR)
  }
}
