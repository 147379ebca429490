import { mkdirSync, rmSync } from "node:fs"
import { join } from "node:path"
import { fromUtf8, Secret, utf8, wipe, type Bytes } from "@starling/kernel"
import { createDurably, readIfPresent, replaceDurably } from "./durable-file.ts"

/** Version of the folder's layout: `version`, `root.key`, the store, the pool, `eaas/`, and `api.json` while a daemon runs. */
export const DATA_VERSION = 1

const ROOT_KEY_BYTES = 32

/** The data folder can't be used as it is; it is left as it was. */
export class DataFolderError extends Error {
  override readonly name = "DataFolderError"
  readonly reason: "newer-version" | "damaged" | "io"

  constructor(reason: DataFolderError["reason"], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

export interface DataFolder {
  readonly path: string
  readonly rootKey: Secret
  /** Whether this call drew the root key. */
  readonly created: boolean
}

/**
 * Opens the data folder or makes one (mode 0700). Several processes may do so at once and get the same root key; who may use
 * it is the store's lock to decide. Throws `DataFolderError`; a folder of a newer version is not touched.
 */
export function openDataFolder(path: string, random: (length: number) => Bytes): DataFolder {
  const version = readVersion(path)
  if (version !== undefined) {
    requireKnownVersion(path, version)
    return { path, rootKey: readRootKey(path), created: false }
  }
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const created = createRootKey(path, random)
  const rootKey = readRootKey(path)
  createDurably(join(path, "version"), utf8(`${DATA_VERSION}\n`))
  return { path, rootKey, created }
}

/** Whether nothing was ever made of this folder. Throws `DataFolderError` where it can be none. */
export function isNewFolder(path: string): boolean {
  return readVersion(path) === undefined
}

function readVersion(path: string): Uint8Array | undefined {
  try {
    return readIfPresent(join(path, "version"))
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "ENOTDIR")) throw cause
    throw new DataFolderError("io", `${path} is no folder, and can't be one: choose another with --data`, { cause })
  }
}

/** How the CLI finds the daemon; exists while it runs. */
export function writeApiFile(folder: string, api: { readonly url: string; readonly key: string }): void {
  const text = JSON.stringify({ version: 1, url: api.url, key: api.key, pid: process.pid })
  replaceDurably(join(folder, "api.json"), utf8(`${text}\n`))
}

/** Removes the file that `writeApiFile` wrote with this key; another daemon's stays. */
export function removeApiFile(folder: string, key: string): void {
  const file = join(folder, "api.json")
  const text = fromUtf8(readIfPresent(file) ?? new Uint8Array())
  if (text?.includes(key) === true) rmSync(file, { force: true })
}

function requireKnownVersion(path: string, bytes: Uint8Array): void {
  const text = fromUtf8(bytes)?.trim() ?? ""
  if (!/^\d{1,9}$/.test(text))
    throw new DataFolderError("damaged", `${join(path, "version")} is damaged: restore the folder from a copy`)
  if (Number(text) > DATA_VERSION) {
    throw new DataFolderError(
      "newer-version",
      `${path} was written by a newer Starling (layout ${text}, this one knows ${DATA_VERSION}): update Starling, or use another folder with --data. Nothing was changed`,
    )
  }
}

function createRootKey(path: string, random: (length: number) => Bytes): boolean {
  const file = join(path, "root.key")
  if (readIfPresent(file) !== undefined) return false
  const key = random(ROOT_KEY_BYTES)
  try {
    return createDurably(file, key)
  } finally {
    wipe(key)
  }
}

function readRootKey(path: string): Secret {
  const key = readIfPresent(join(path, "root.key"))
  if (key?.length !== ROOT_KEY_BYTES) {
    throw new DataFolderError(
      "damaged",
      `${join(path, "root.key")} is missing or damaged: without it the data can't be read. Restore it from a copy`,
    )
  }
  try {
    return new Secret(key)
  } finally {
    wipe(key)
  }
}
