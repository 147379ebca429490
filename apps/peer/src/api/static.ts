import { readdir, readFile } from "node:fs/promises"
import { extname, join, relative, sep } from "node:path"

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>
  readonly type: string
  /** Its name holds the hash of its content. */
  readonly immutable: boolean
}

/** The UI's files by URL path. Held in memory: a request can name no other file. */
export type Assets = ReadonlyMap<string, Asset>

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
}

export async function loadAssets(folder: string): Promise<Assets> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  const loaded = await Promise.all(
    files.map(async (file): Promise<readonly [string, Asset]> => {
      const path = `/${relative(folder, file).split(sep).join("/")}`
      const type = TYPES[extname(file)] ?? "application/octet-stream"
      return [path, { body: new Uint8Array(await readFile(file)), type, immutable: path.startsWith("/assets/") }]
    }),
  )
  return new Map(loaded)
}

/** The file at a URL path. Views are told apart in the fragment, which stays in the browser. */
export function findAsset(assets: Assets, path: string): Asset | undefined {
  return assets.get(path === "/" ? "/index.html" : path)
}
