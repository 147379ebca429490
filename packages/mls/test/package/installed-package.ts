import { spawnSync } from "node:child_process"
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"

export const ROOT = join(import.meta.dirname, "../../../..")
const PACK = join(import.meta.dirname, "../../scripts/pack.ts")

/** Longer than a registry takes that answers at all. */
const PATIENCE_MS = 100_000

/** The tarball in a folder. */
export function packed(out: string): string {
  return done(process.execPath, [PACK, "--out", out], ROOT).trim()
}

/** An empty project with the tarball in it, and what the tarball depends on from the registry. */
export function install(tarball: string, project: string): void {
  writeFileSync(join(project, "package.json"), '{ "type": "module", "private": true }\n')
  const argv = ["install", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0", tarball]
  const { status, stderr } = run("npm", argv, project)
  if (status === 0) return
  const registry = run("npm", ["config", "get", "registry"], project).stdout.trim()
  const why = status === null ? `no end after ${PATIENCE_MS} ms` : stderr
  throw new Error(`This test installs @noble/* and sodium-native from ${registry}, and npm could not:\n${why}`)
}

/** What a program wrote that ended well. */
export function done(command: string, argv: readonly string[], folder: string): string {
  const { status, stdout, stderr } = run(command, argv, folder)
  if (status !== 0) throw new Error(`${command} ${argv.join(" ")} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** Compiles programs of a project in the strictest way, declarations of the package included. */
export function compile(project: string, files: readonly string[], options: Readonly<Record<string, unknown>>): void {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    target: "ES2022",
    types: [],
    ...options,
  }
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }))
  done(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", "."], project)
}

/** All modules that one leads to, with what each imports by another name than a path. */
export function moduleGraph(modules: string, entry: string): ReadonlyMap<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>()
  const queue = [join(modules, entry)]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (graph.has(file)) continue
    const text = readFileSync(file, "utf8").replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
    const specifiers = Array.from(
      text.matchAll(/\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g),
      ([, from, bare]) => from ?? bare ?? "",
    )
    graph.set(
      file,
      specifiers.filter((specifier) => !specifier.startsWith(".")),
    )
    for (const specifier of specifiers) {
      if (specifier.startsWith(".")) queue.push(join(dirname(file), specifier))
      else if (existsSync(join(modules, specifier))) queue.push(join(modules, specifier))
    }
  }
  return graph
}

/** Every Node at hand that the package says it runs on: this one, and those of the system. */
export function nodes(): readonly { readonly version: string; readonly path: string }[] {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"))
  const paths = [process.execPath, ...folders.map((folder) => join(folder, "node"))].filter((path) => existsSync(path))
  const byVersion = new Map(paths.map((path) => [done(path, ["-p", "process.versions.node"], ROOT).trim(), path]))
  return Array.from(byVersion, ([version, path]) => ({ version, path })).filter(({ version }) => isSupported(version))
}

/** `^20.12.0 || >=21.7.0`, as `engines` has it. */
function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major === 20 ? minor >= 12 : major > 21 || (major === 21 && minor >= 7)
}

export function filesOf(folder: string): readonly string[] {
  return globSync("**/*", { cwd: folder, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
}

function run(command: string, argv: readonly string[], cwd: string) {
  return spawnSync(command, argv, {
    cwd,
    encoding: "utf8",
    timeout: PATIENCE_MS,
    shell: command === "npm" && process.platform === "win32",
  })
}
