import { createHash } from "node:crypto"
import { globSync } from "node:fs"
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { build } from "vite"

import config from "../vite.config.ts"

const home = fileURLToPath(new URL("..", import.meta.url))
const SOURCES = ["index.html", "package.json", "vite.config.ts", "src/**/*", "public/**/*"]
/** Inside the built folder: the hash of the sources it was made from. */
const STAMP = "sources.sha256"

/**
 * Makes the UI where the sources have changed since it was last made. The build grows in a folder of its own and takes its
 * place, stamp included, by one rename: a build that was interrupted leaves the former one, or none.
 */
export async function buildIfStale(): Promise<{ folder: string; built: boolean }> {
  const folder = join(home, "dist")
  const wanted = await hashOfSources()
  if ((await stampOf(folder)) === wanted) return { folder, built: false }

  const scratch = join(home, ".vite", `build-${process.pid}-${Date.now()}`)
  const growing = join(scratch, "new")
  await mkdir(scratch, { recursive: true })
  try {
    await buildForProduction(growing)
    await writeFile(join(growing, STAMP), `${wanted}\n`)
    await takePlace(growing, folder, join(scratch, "former"), wanted)
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return { folder, built: true }
}

/** Whatever runs this, a test runner say, may have set NODE_ENV to its own purpose; what people are served is not its affair. */
async function buildForProduction(outDir: string): Promise<void> {
  const former = process.env["NODE_ENV"]
  process.env["NODE_ENV"] = "production"
  try {
    await build({
      ...config,
      configFile: false,
      mode: "production",
      logLevel: "warn",
      build: { ...config.build, outDir, emptyOutDir: true },
    })
  } finally {
    if (former === undefined) delete process.env["NODE_ENV"]
    else process.env["NODE_ENV"] = former
  }
}

/** Another process may do the same at the same time: where it came first with the same sources, its result stands. */
async function takePlace(growing: string, folder: string, former: string, wanted: string): Promise<void> {
  await rename(folder, former).catch(onlyIf("ENOENT"))
  try {
    await rename(growing, folder)
  } catch (fault) {
    if ((await stampOf(folder)) !== wanted) throw fault
  }
}

async function hashOfSources(): Promise<string> {
  const files = globSync(SOURCES, { cwd: home, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  const hash = createHash("sha256")
  for (const file of files) {
    const content = await readFile(file)
    hash.update(`${file.slice(home.length)}\0${content.length}\0`).update(content)
  }
  return hash.digest("hex")
}

async function stampOf(folder: string): Promise<string | undefined> {
  const stamp = await readFile(join(folder, STAMP), "utf8").catch(onlyIf("ENOENT"))
  return stamp?.trim()
}

function onlyIf(code: string): (fault: unknown) => undefined {
  return (fault) => {
    if (fault instanceof Error && "code" in fault && fault.code === code) return undefined
    throw fault
  }
}
