import { spawnSync } from "node:child_process"
import { chmodSync, globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

const PACKAGES = join(import.meta.dirname, "../..")
const TSC = join(PACKAGES, "../node_modules/typescript/bin/tsc")

/** The workspaces that go inside, each in a folder of its name. */
const INSIDE = ["kernel", "wire"] as const

/** What `exports` leads to. */
const ENTRIES = ["index.ts", "node/index.ts", "noble/index.ts", "rfc9420.ts"]

/** All that Node 20 and the browsers of 2023 know. */
const OPTIONS = {
  target: "ES2022",
  lib: ["ES2023", "DOM"],
  types: ["node"],
  module: "NodeNext",
  moduleDetection: "force",
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  rewriteRelativeImportExtensions: true,
  declaration: true,
  newLine: "lf",
  skipLibCheck: true,
}

/**
 * Compiles this package to ES modules with declarations in `out`, with those files of kernel and wire that it reaches.
 * `sources` is a folder to work in. Returns the other packages that are imported, in order.
 */
export function compileSources(sources: string, out: string): readonly string[] {
  copySources(join(PACKAGES, "mls/src"), sources, sources)
  for (const name of INSIDE) copySources(join(PACKAGES, name, "src"), join(sources, name), sources)
  const compilerOptions = { ...OPTIONS, rootDir: sources, outDir: out }
  const project = join(sources, "tsconfig.json")
  writeFileSync(project, JSON.stringify({ compilerOptions, files: ENTRIES }))
  const { status } = spawnSync(process.execPath, [TSC, "-p", project], { stdio: ["ignore", "inherit", "inherit"] })
  if (status !== 0) throw new Error("the sources of @starling/mls do not compile by themselves")
  const files = globSync("**/*.{js,d.ts}", { cwd: out }).map((file) => join(out, file))
  for (const file of files) chmodSync(file, 0o644)
  return importedPackages(files)
}

/** `root` is the folder in which the packages that go inside lie. */
function copySources(from: string, to: string, root: string): void {
  for (const file of globSync("**/*.ts", { cwd: from })) {
    const copy = join(to, file)
    mkdirSync(dirname(copy), { recursive: true })
    writeFileSync(copy, withoutWorkspaces(readFileSync(join(from, file), "utf8"), dirname(copy), root))
  }
}

const WORKSPACE_IMPORT = /^import (type )?\{([^}]*)\} from "@starling\/(kernel|wire)"$/gm

/** Imports from the very files that have the names, past the index: what is not reached stays out. */
function withoutWorkspaces(source: string, folder: string, root: string): string {
  const rewritten = source.replaceAll(WORKSPACE_IMPORT, (_, type: string | undefined, names: string, name: string) => {
    const byFile = Map.groupBy(itemsOf(names), (item) => fileOf(name, item))
    return Array.from(byFile, ([file, items]) => {
      const path = relative(folder, join(root, name, file)).replaceAll("\\", "/")
      return `import ${type ?? ""}{ ${items.join(", ")} } from "${path.startsWith(".") ? path : `./${path}`}"`
    }).join("\n")
  })
  if (rewritten.includes('from "@starling/'))
    throw new Error(`an import of a workspace was not understood in ${folder}`)
  return rewritten
}

/** The file of a workspace that exports an item of an import. */
function fileOf(workspace: string, item: string): string {
  const index = readFileSync(join(PACKAGES, workspace, "src/index.ts"), "utf8")
  for (const [, names = "", file = ""] of index.matchAll(/^export (?:type )?\{([^}]*)\} from "\.\/([^"]+)"$/gm)) {
    if (itemsOf(names).some((exported) => nameOf(exported) === nameOf(item))) return file
  }
  throw new Error(`@starling/${workspace} exports no ${item}`)
}

function itemsOf(names: string): readonly string[] {
  return names.split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]))
}

function nameOf(item: string): string {
  return item.replace(/^type /, "")
}

function importedPackages(files: readonly string[]): readonly string[] {
  const found = new Set<string>()
  for (const file of files) {
    for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g)) {
      if (specifier === "" || specifier.startsWith(".") || specifier.startsWith("node:")) continue
      found.add(specifier.split("/").slice(0, 2).join("/"))
    }
  }
  return [...found].toSorted()
}
