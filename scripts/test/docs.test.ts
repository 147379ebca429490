import { existsSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"

import { expect, test } from "vitest"

import { root } from "../workspaces.ts"

const HOMES = ["", "packages", "apps"]

test.for(globSync(["*.md", "docs/*.md", "packages/*/README.md", "apps/*/README.md"], { cwd: root }).toSorted())(
  "every path that %s names exists",
  (page) => {
    const text = readFileSync(join(root, page), "utf8")
    const inBackticks = [...text.matchAll(/`((?:[\w.-]+\/)+[\w.-]*)`/g)].map((match) => match[1] ?? "")
    const linked = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => join(page, "..", match[1] ?? ""))
    const named = inBackticks.filter(
      (path) => /^(packages|apps|bench|sim|docs|scripts|\.ci)\//.test(path) || /^\w+\/src\//.test(path),
    )
    const missing = [...named, ...linked].filter(
      (path) => ![...HOMES, join(page, "..")].some((home) => existsSync(join(root, home, path))),
    )
    expect(missing).toEqual([])
  },
)
