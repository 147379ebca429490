// Refuses a dependency whose licence conflicts: MIT workspaces may ship permissive code only, the rest what GPL-3.0-or-later takes.
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { readManifest, root, workspaces, type Manifest } from "./workspaces.ts"

const PERMISSIVE = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "0BSD",
  "CC0-1.0",
  "Unlicense",
  "BlueOak-1.0.0",
  "Python-2.0",
  "Zlib",
  "MIT-0",
  "PostgreSQL",
]
const COPYLEFT_COMPATIBLE = [
  "GPL-3.0",
  "GPL-3.0-or-later",
  "GPL-3.0-only",
  "LGPL-3.0",
  "LGPL-3.0-or-later",
  "MPL-2.0",
  "OFL-1.1",
  "CC-BY-4.0",
]

/** Licences that a package's own manifest states wrongly or not at all, read in the package itself. */
const READ_BY_HAND: Readonly<Record<string, string>> = { esprima: "BSD-2-Clause" }

/** One sentence per conflicting or unknown licence of what each workspace ships (development tools are not shipped). */
export function licenceConflicts(): { readonly conflicts: readonly string[]; readonly checked: number } {
  const conflicts: string[] = []
  const seen = new Set<string>()
  for (const workspace of workspaces()) {
    const allowed = workspace.license === "MIT" ? PERMISSIVE : [...PERMISSIVE, ...COPYLEFT_COMPATIBLE]
    for (const dependency of shippedBy(workspace)) {
      seen.add(dependency.folder)
      const licence = READ_BY_HAND[dependency.name] ?? dependency.license ?? "none stated"
      if (!satisfies(licence, allowed))
        conflicts.push(`${workspace.name} (${workspace.license}) ships ${dependency.name}, licensed ${licence}`)
    }
  }
  return { conflicts, checked: seen.size }
}

/** Everything reachable over `dependencies` and `optionalDependencies`, as Node would resolve it. */
function shippedBy(workspace: Manifest): readonly Manifest[] {
  const found = new Map<string, Manifest>()
  const queue: Manifest[] = [workspace]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    for (const name of [...Object.keys(at.dependencies), ...Object.keys(at.optionalDependencies)]) {
      const folder = resolve(at.folder, name)
      if (folder === undefined || found.has(folder)) continue
      const manifest = readManifest(folder)
      found.set(folder, manifest)
      queue.push(manifest)
    }
  }
  return [...found.values()]
}

function resolve(from: string, name: string): string | undefined {
  for (let folder = from; folder.startsWith(root); folder = join(folder, "..")) {
    const candidate = join(folder, "node_modules", name)
    if (existsSync(join(candidate, "package.json"))) return candidate
  }
  return undefined
}

/** Understands SPDX `A OR B` and `A AND B`, with parentheses around the whole. */
function satisfies(expression: string, allowed: readonly string[]): boolean {
  const bare = expression.replaceAll(/[()]/g, "")
  return bare.split(" OR ").some((choice) => choice.split(" AND ").every((licence) => allowed.includes(licence.trim())))
}

if (import.meta.main) {
  for (const file of ["LICENSE", "packages/kernel/LICENSE", "packages/wire/LICENSE", "packages/mls/LICENSE"])
    readFileSync(join(root, file))
  const { conflicts, checked } = licenceConflicts()
  for (const conflict of conflicts) console.error(conflict)
  console.log(
    conflicts.length === 0
      ? `licences: ${checked} packages checked, no conflict`
      : `licences: ${conflicts.length} conflicts`,
  )
  process.exitCode = conflicts.length === 0 ? 0 : 1
}
