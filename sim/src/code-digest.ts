import { createHash } from "node:crypto"
import { globSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const ROOT = fileURLToPath(new URL("../../", import.meta.url))
const SOURCES = ["packages/{kernel,wire,mls,messenger}/src/**/*.ts", "sim/src/**/*.ts"]

/** A hash over every source that decides how a run goes, by name: 64 hexadecimal digits. */
export function codeDigest(): string {
  const hash = createHash("sha256")
  for (const file of globSync(SOURCES, { cwd: ROOT }).sort()) {
    const source = readFileSync(`${ROOT}${file}`)
    hash.update(`${file} ${source.length}\n`).update(source)
  }
  return hash.digest("hex")
}
