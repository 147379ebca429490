import { assertNever, malformed, type Decoded } from "@starling/kernel"
import { decode, type Reader } from "@starling/wire"

import { StoreError } from "./ports/store.ts"
/** As `Decoded`, and apart from it what a later Starling wrote: refused as it is, and never taken for damage. */
export type Versioned<T> = Decoded<T> | { readonly kind: "newer-version"; readonly version: number }

/** Numbers above it are no versions that there will be: noise, most likely. */
const LAST_VERSION = 255

/** Decodes `uint16 version` and, where it is `version`, the body behind it, which must fill `bytes`. Never throws on input. */
export function decodeVersioned<T>(
  bytes: Uint8Array,
  version: number,
  max: number,
  read: (reader: Reader) => T,
): Versioned<T> {
  if (bytes.length > max) return malformed(`${bytes.length} bytes where ${max} are allowed`)
  const found = decode(bytes.subarray(0, 2), (reader) => reader.uint16())
  if (found.kind === "malformed") return found
  if (found.value > version && found.value <= LAST_VERSION) return { kind: "newer-version", version: found.value }
  if (found.value !== version) return malformed(`version ${found.value}`)
  return decode(bytes, (reader) => {
    reader.uint16()
    return read(reader)
  })
}

/** A row that this device wrote itself: anything but its own format is a defect of ours or of the disk. */
export function decodeOwnRow<T>(what: string, bytes: Uint8Array, version: number, read: (reader: Reader) => T): T {
  const row = decodeVersioned(bytes, version, Number.MAX_SAFE_INTEGER, read)
  switch (row.kind) {
    case "ok":
      return row.value
    case "newer-version":
      throw new StoreError("newer-version", `a ${what} of version ${row.version}; this Starling knows ${version}`)
    case "malformed":
      throw new StoreError("corrupt", `a ${what} that can't be read: ${row.why}`)
    default:
      return assertNever(row)
  }
}

/** Whether a row is of version 1, which its later versions are read apart from. */
export function isFirstVersion(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 1
}
