// The arrows between packages, and no others: compares declared workspace dependencies and imports with the list below.
import { globSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"

import { root, workspaces } from "./workspaces.ts"

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  wire: ["kernel"],
  mls: ["wire", "kernel"],
  entropy: ["wire", "kernel"],
  proof: ["wire", "kernel"],
  eaas: ["entropy", "proof", "wire", "kernel"],
  messenger: ["mls", "wire", "kernel"],
  p2p: ["messenger", "wire", "kernel"],
  store: ["messenger", "kernel"],
}
const NEUTRAL = new Set(["kernel", "wire", "mls", "messenger", "entropy"])

/** One sentence per arrow that should not be there. */
export function wrongEdges(): readonly string[] {
  const faults: string[] = []
  for (const workspace of workspaces()) {
    const short = workspace.name.replace("@starling/", "")
    const allowed = workspace.folder.includes("/packages/") ? ALLOWED[short] : undefined
    if (workspace.folder.includes("/packages/") && allowed === undefined) {
      faults.push(`${workspace.name} is not in the list of packages`)
      continue
    }
    const declared = new Set([...Object.keys(workspace.dependencies), ...Object.keys(workspace.optionalDependencies)])
    const declaredForTests = new Set([...declared, ...Object.keys(workspace.devDependencies)])
    for (const name of declared) {
      if (allowed && name.startsWith("@starling/") && !allowed.includes(name.slice(10)))
        faults.push(`${workspace.name} depends on ${name}`)
    }
    for (const file of globSync(["src/**/*.{ts,tsx}", "test/**/*.ts"], { cwd: workspace.folder })) {
      const inSource = file.startsWith("src/")
      const where = relative(root, join(workspace.folder, file))
      for (const specifier of importsOf(readFileSync(join(workspace.folder, file), "utf8"))) {
        const builtin = specifier.startsWith("node:")
        if (builtin && inSource && NEUTRAL.has(short) && !file.startsWith("src/node/"))
          faults.push(`${where} imports ${specifier}, and ${short} is neutral`)
        if (builtin || specifier.startsWith(".")) {
          if (escapes(file, specifier)) faults.push(`${where} reaches out of its package: ${specifier}`)
          continue
        }
        const name = specifier
          .split("/")
          .slice(0, specifier.startsWith("@") ? 2 : 1)
          .join("/")
        if (name === workspace.name && inSource) faults.push(`${where} imports its own package by name`)
        if (
          allowed &&
          name.startsWith("@starling/") &&
          name !== workspace.name &&
          !allowed.includes(name.slice(10)) &&
          inSource
        )
          faults.push(`${where} imports ${specifier}`)
        const known = inSource ? declared : declaredForTests
        if (inSource && name !== workspace.name && !known.has(name))
          faults.push(`${where} imports ${name}, which ${workspace.name} does not declare`)
      }
    }
  }
  return faults
}

function importsOf(source: string): readonly string[] {
  const statement = /(?:^|\n)(?:import|export)\s+(?:type\s+)?[\w*{}\s,$]+?\sfrom\s+["']([^"']+)["']/g
  const bare = /(?:^|\n)import\s+["']([^"']+)["']/g
  const dynamic = /\bimport\(\s*["']([^"']+)["']\s*\)/g
  return [statement, bare, dynamic].flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1] ?? ""))
}

function escapes(file: string, specifier: string): boolean {
  return specifier.startsWith(".") && join(file, "..", specifier).startsWith("..")
}

if (import.meta.main) {
  const faults = wrongEdges()
  for (const fault of faults) console.error(fault)
  console.log(faults.length === 0 ? "edges: as drawn in docs/architecture.md" : `edges: ${faults.length} wrong`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
