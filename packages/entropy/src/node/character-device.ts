import { constants } from "node:fs"
import { open, type FileHandle } from "node:fs/promises"
import { basename } from "node:path"

import { wipe, type Bytes } from "@starling/kernel"

import { SourceFailed, type SourceFault } from "../source-failed.ts"
import type { EntropySource } from "../source.ts"
import { Patience } from "./patience.ts"

const PATIENCE = 10_000
/** Between two looks at a device that has nothing ready. In milliseconds. */
const PAUSE = 5

export interface CharacterDeviceOptions {
  readonly path: string
  /** Assessed min-entropy of each byte, in bits. */
  readonly entropyPerByte: number
  /** Milliseconds for one read. */
  readonly patience?: number
}

/**
 * A generator behind a character device, as a kernel driver shows it: `/dev/qrandom0` (ID Quantique's Quantis), `/dev/hwrng`
 * (Linux, Documentation/admin-guide/hw_random.rst). Read without blocking, so that a device which falls silent holds no
 * thread. A file is refused: it would give the same bytes again after each start. A pipe is taken, from a vendor's daemon.
 */
export class CharacterDevice implements EntropySource {
  readonly id: string
  readonly simulated = false
  readonly kind = "raw"
  readonly entropyPerByte: number
  readonly #path: string
  readonly #patience: number
  #handle: FileHandle | undefined

  constructor({ path, entropyPerByte, patience = PATIENCE }: CharacterDeviceOptions) {
    this.id = `character device ${plain(basename(path))} (untested on hardware)`
    this.entropyPerByte = entropyPerByte
    this.#path = path
    this.#patience = patience
  }

  /** Throws `SourceFailed`, after which the next read opens the device anew. */
  async read(length: number, signal: AbortSignal): Promise<Bytes> {
    const samples = new Uint8Array(length)
    try {
      this.#handle ??= await this.#open()
      await this.#fill(this.#handle, samples, new Patience(signal, this.#patience))
      return samples
    } catch (error) {
      wipe(samples)
      if (signal.aborted) throw error
      await this[Symbol.asyncDispose]()
      throw error instanceof SourceFailed ? error : this.#failed(faultOf(error), codeOf(error), error)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close().catch(() => undefined)
  }

  async #open(): Promise<FileHandle> {
    const handle = await open(this.#path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = await handle.stat()
    if (stat.isCharacterDevice() || stat.isFIFO()) return handle
    await handle.close()
    throw this.#failed("refused", "neither a character device nor a pipe")
  }

  async #fill(handle: FileHandle, samples: Uint8Array, patience: Patience): Promise<void> {
    let at = 0
    while (at < samples.length) {
      if (!patience.lasts) {
        throw this.#failed(
          at === 0 ? "too slow" : "short read",
          `${at} bytes of ${samples.length} in ${this.#patience} ms`,
        )
      }
      const count = await readReady(handle, samples, at)
      if (count === 0) throw this.#failed("unplugged", `it ended after ${at} bytes of ${samples.length}`)
      if (count === undefined) await patience.wait(PAUSE)
      else at += count
    }
  }

  #failed(fault: SourceFault, detail: string, cause?: unknown): SourceFailed {
    return new SourceFailed(this.id, fault, detail, { cause })
  }
}

/** Fit for provenance, which is bounded and shown. */
function plain(name: string): string {
  return name.replaceAll(/[^\x21-\x7e]/g, "?").slice(0, 40)
}

/** How many bytes came, 0 at the end, `undefined` where none are ready. */
async function readReady(handle: FileHandle, into: Uint8Array, at: number): Promise<number | undefined> {
  try {
    return (await handle.read(into, at, into.length - at, null)).bytesRead
  } catch (error) {
    if (codeOf(error) === "EAGAIN") return undefined
    throw error
  }
}

function faultOf(error: unknown): SourceFault {
  switch (codeOf(error)) {
    case "ENOENT":
    case "ENXIO":
    case "ENODEV":
    case "EIO":
      return "unplugged"
    case "EACCES":
    case "EPERM":
    case "EBUSY":
      return "refused"
    default:
      return "broken"
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "no code"
}
