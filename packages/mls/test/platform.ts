import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { nodeCrypto } from "@starling/mls/node"

/** What the tests take from where they run: here Node, in `platform.browser.ts` a browser. */
export const providerOf = nodeCrypto

const FOLDER = process.env["MLS_VECTORS"] ?? fileURLToPath(new URL("../../../../shared/vectors/mls", import.meta.url))

/** The official vectors by the names of their files; none where they are not there. */
export async function officialVectors(): Promise<ReadonlyMap<string, string>> {
  const names = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : []
  return new Map(names.map((name) => [name, readFileSync(join(FOLDER, name), "utf8")]))
}
