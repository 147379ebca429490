import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import { Secret, utf8 } from "@starling/kernel"
import type { Store, Write } from "@starling/messenger/ports"
import { openStore } from "@starling/store"

export const rootKey = new Secret(new Uint8Array(32).fill(7))
export const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length))

export function open(folder: string, key = rootKey): Store {
  return openStore({ folder, rootKey: key, random })
}

/** A folder that is gone when the test is. */
export function temporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "starling-store-"))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

export function put(partition: string, key: string, ordinal: number, value = key, bucket = "records"): Write {
  return { kind: "put", bucket, partition, key, ordinal, value: utf8(value) }
}

/** What `act` throws; fails where it throws nothing. */
export function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error("nothing was thrown")
}
