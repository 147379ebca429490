import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

import * as engine from "@starling/mls"
import * as noble from "@starling/mls/noble"
import * as node from "@starling/mls/node"
import * as rfc9420 from "@starling/mls/rfc9420"
import { afterAll, beforeAll, expect, test } from "vitest"

import { compile, done, filesOf, install, moduleGraph, nodes, packed, ROOT } from "./installed-package.ts"

const NODES = nodes()
const EXPORTS = { ".": engine, "./noble": noble, "./node": node, "./rfc9420": rfc9420 } as const
const NODE_TYPES = { types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")], lib: ["ES2023", "DOM"] }

const folder = mkdtempSync(join(tmpdir(), "starling-mls-"))
const project = join(folder, "project")
const modules = join(project, "node_modules")
const installed = join(modules, "@starling/mls")
let tarball: string

beforeAll(() => {
  mkdirSync(project)
  tarball = packed(join(folder, "out"))
  install(tarball, project)
  const [, ...blocks] = readFileSync(join(installed, "README.md"), "utf8").split("```ts\n")
  writeFileSync(join(project, "readme.ts"), blocks.map((block) => block.split("```")[0]).join("\n"))
  for (const program of ["suites-program.ts", "browser-program.ts"]) {
    copyFileSync(join(import.meta.dirname, "../children", program), join(project, program))
  }
})

afterAll(() => rmSync(folder, { recursive: true }))

test("the same sources make the same tarball, byte by byte", () => {
  expect(readFileSync(packed(join(folder, "again")))).toEqual(readFileSync(tarball))
})

test("the tarball has modules with their declarations, texts, and nothing else", () => {
  const files = filesOf(installed)
  const modules = files.filter((file) => file.endsWith(".js"))
  const texts = ["LICENSE", "README.md", "dist/kernel/LICENSE", "dist/wire/LICENSE", "docs/promises.md", "package.json"]
  const declarations = modules.map((file) => file.replace(/\.js$/, ".d.ts"))
  expect(files).toEqual([...modules, ...declarations, ...texts].toSorted())
  expect(modules.every((file) => file.startsWith("dist/"))).toBe(true)
  expect(modules).toContain("dist/wire/reader.js")
  expect(files.filter((file) => /test|cbor/.test(file))).toEqual([])
})

test("nothing in it tells of the machine that made it, or asks for a workspace", () => {
  const telling = filesOf(installed).filter((file) => {
    const text = readFileSync(join(installed, file), "utf8")
    return text.includes(ROOT) || text.includes("dist/pack-") || /@starling\/(kernel|wire)/.test(text)
  })
  expect(telling).toEqual([])
})

test("the manifest is one that others can install: MIT, with exact versions of what it imports", () => {
  const manifest: unknown = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"))
  expect(manifest).toMatchObject({ name: "@starling/mls", license: "MIT", type: "module", sideEffects: false })
  expect(manifest).toHaveProperty(["exports", "./node"], {
    types: "./dist/node/index.d.ts",
    default: "./dist/node/index.js",
  })
  for (const field of ["private", "devDependencies", "scripts", "imports"]) expect(manifest).not.toHaveProperty(field)
  const { dependencies, optionalDependencies } = manifest as Record<string, Record<string, string>>
  expect(Object.keys(dependencies ?? {})).toEqual(
    ["ciphers", "curves", "hashes", "post-quantum"].map((name) => `@noble/${name}`),
  )
  expect(Object.keys(optionalDependencies ?? {})).toEqual(["sodium-native"])
  for (const version of Object.values({ ...dependencies, ...optionalDependencies })) {
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
  }
})

test.for(NODES)("every export of the sources is there under Node $version", ({ path }) => {
  for (const [name, own] of Object.entries(EXPORTS)) {
    const specifier = JSON.stringify(name.replace(".", "@starling/mls"))
    const program = `process.stdout.write(JSON.stringify(Object.keys(await import(${specifier}))))`
    const names: unknown = JSON.parse(done(path, ["--input-type=module", "-e", program], project))
    expect(names).toEqual(Object.keys(own).toSorted())
  }
})

test("strict programs compile against it as Node resolves modules, and run on every Node", () => {
  const options = { ...NODE_TYPES, module: "NodeNext", rootDir: ".", outDir: "built" }
  compile(project, ["readme.ts", "suites-program.ts"], options)
  expect(NODES.length).toBeGreaterThan(0)
  for (const { path } of NODES) {
    expect(done(path, ["built/readme.js"], project)).toContain("hello, Bob")
    expect(done(path, ["built/suites-program.js"], project)).toBe("8 suites")
  }
})

test("strict programs compile against it as bundlers resolve modules", () => {
  const options = { module: "ESNext", moduleResolution: "bundler", noEmit: true }
  compile(project, ["readme.ts", "suites-program.ts"], { ...NODE_TYPES, ...options })
})

test("a program for browsers compiles without the types of Node, and runs", () => {
  const options = { lib: ["ES2022", "DOM"], module: "ESNext", moduleResolution: "bundler", outDir: "built" }
  compile(project, ["browser-program.ts"], options)
  for (const { path } of NODES) expect(done(path, ["built/browser-program.js"], project)).toBe("")
})

test.for(["index.js", "noble/index.js", "rfc9420.js"])("nothing that %s leads to is Node's own", (entry) => {
  const graph = moduleGraph(modules, `@starling/mls/dist/${entry}`)
  const foreign = [...graph.values()].flat().filter((specifier) => !specifier.startsWith("@noble/"))
  expect(foreign).toEqual([])
  expect(graph.size).toBeGreaterThan(10)
})

test("the graph is one in which what is Node's own would be seen", () => {
  const foreign = [...moduleGraph(modules, "@starling/mls/dist/node/index.js").values()].flat()
  expect(foreign).toContain("node:crypto")
})

test("a registry that refuses is told as that", () => {
  const refusing = mkdtempSync(join(folder, "refusing-"))
  writeFileSync(join(refusing, ".npmrc"), "registry=http://127.0.0.1:1/\nprefer-online=true\n")
  expect(() => install(tarball, refusing)).toThrow("from http://127.0.0.1:1/, and npm could not")
})
