import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

import { z } from "zod"

const PACKAGE = join(import.meta.dirname, "..")

/** What of this workspace's own manifest the published one says too. */
const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  keywords: z.array(z.string()),
  license: z.literal("MIT"),
  engines: z.record(z.string(), z.string()),
  exports: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
  optionalDependencies: z.record(z.string(), z.string()),
})

/** Writes the manifest of a package whose modules import `imported`; the version of each is exact. */
export function writeManifest(folder: string, imported: readonly string[]): void {
  const own = Manifest.parse(JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")))
  const { name, version, description, keywords, license, engines, optionalDependencies } = own
  const dependencies = Object.fromEntries(imported.map((each) => [each, exact(own.dependencies, each)]))
  const exports = Object.entries(own.exports).map(([path, source]) => [path, built(source)] as const)
  const manifest = {
    name,
    version,
    description,
    keywords,
    license,
    type: "module",
    sideEffects: false,
    engines,
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
    files: ["dist", "docs"],
    dependencies,
    optionalDependencies,
  }
  write(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`)
}

/** The texts that go with it; what was taken in of other workspaces keeps its own licence beside it. */
export function copyTexts(folder: string): void {
  const texts = [
    ["README.md", "README.md"],
    ["LICENSE", "LICENSE"],
    ["docs/promises.md", "docs/promises.md"],
    ["../kernel/LICENSE", "dist/kernel/LICENSE"],
    ["../wire/LICENSE", "dist/wire/LICENSE"],
  ] as const
  for (const [from, to] of texts) {
    const copy = join(folder, to)
    mkdirSync(dirname(copy), { recursive: true })
    copyFileSync(join(PACKAGE, from), copy)
    chmodSync(copy, 0o644)
  }
}

/** `./src/index.ts` is published as `./dist/index.js` with its declarations. */
function built(source: string) {
  const path = source.replace(/^\.\/src\//, "./dist/").replace(/\.ts$/, "")
  return { types: `${path}.d.ts`, default: `${path}.js` }
}

function exact(versions: Readonly<Record<string, string>>, name: string): string {
  const version = versions[name]
  if (version === undefined || !/^\d+\.\d+\.\d+$/.test(version)) {
    throw new Error(`${name} is imported, and package.json has no exact version of it`)
  }
  return version
}

function write(file: string, text: string): void {
  writeFileSync(file, text)
  chmodSync(file, 0o644)
}
