import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

import { buildIfStale } from "@starling/web/build"
import { expect, test } from "vitest"

test("a build that is up to date is left alone", async () => {
  const { folder } = await buildIfStale()
  const before = await stat(join(folder, "index.html"))
  const again = await buildIfStale()
  expect(again).toEqual({ folder, built: false })
  expect((await stat(join(folder, "index.html"))).mtimeMs).toBe(before.mtimeMs)
})

test("a folder without the stamp of a finished build is built again, and its remains go", async () => {
  const { folder } = await buildIfStale()
  await rm(join(folder, "sources.sha256"))
  await mkdir(join(folder, "assets"), { recursive: true })
  await writeFile(join(folder, "assets", "half-made.js"), "")
  const again = await buildIfStale()
  expect(again.built).toBe(true)
  expect(await readdir(join(folder, "assets"))).not.toContain("half-made.js")
})

test("what a window loads at first is 180 KB of gzipped JavaScript at most, made for production", async () => {
  const { folder } = await buildIfStale()
  const page = await readFile(join(folder, "index.html"), "utf8")
  const files = [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((match) => match[1]!)
  expect(files.length).toBeGreaterThan(0)
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(join(folder, file))).length))
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(180 * 1024)
  for (const file of files) expect(await readFile(join(folder, file), "utf8")).not.toContain("jsxDEV")
})

test("the page holds nothing that its policy refuses: no inline script, style or data", async () => {
  const { folder } = await buildIfStale()
  const page = await readFile(join(folder, "index.html"), "utf8")
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|data:/)
  for (const file of await readdir(join(folder, "assets"))) {
    if (file.endsWith(".css"))
      expect(await readFile(join(folder, "assets", file), "utf8")).not.toMatch(/url\(["']?(data:|https?:)/)
  }
})
