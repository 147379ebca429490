// `npm run pack:mls -- --out DIR`: the tarball that is published as @starling/mls, with kernel and wire inside. Prints where it is.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join, resolve } from "node:path"
import { parseArgs } from "node:util"

import { compileSources } from "./compile-sources.ts"
import { copyTexts, writeManifest } from "./published-files.ts"

const { values } = parseArgs({ options: { out: { type: "string" } } })
if (values.out === undefined) {
  console.error("usage: npm run pack:mls -- --out DIR")
  process.exitCode = 2
} else {
  console.log(pack(resolve(process.env["INIT_CWD"] ?? ".", values.out)))
}

/** In a folder inside this package, so that compiling finds what is installed for it. */
function pack(out: string): string {
  const builds = join(import.meta.dirname, "../dist")
  mkdirSync(builds, { recursive: true })
  mkdirSync(out, { recursive: true })
  const folder = mkdtempSync(join(builds, "pack-"))
  try {
    const published = join(folder, "package")
    const imported = compileSources(join(folder, "sources"), join(published, "dist"))
    writeManifest(published, imported)
    copyTexts(published)
    return join(out, npmPack(published, out))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** npm gives all files one date and one owner, so that equal files make equal tarballs. */
function npmPack(folder: string, out: string): string {
  const argv = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", out]
  const { status, stdout } = spawnSync("npm", argv, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    shell: process.platform === "win32",
  })
  const [name] = stdout?.trim().split("\n").slice(-1) ?? []
  if (status !== 0 || name === undefined) throw new Error("npm pack failed")
  return name
}
