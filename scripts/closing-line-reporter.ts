import { readFileSync } from "node:fs"

import type { Reporter, TestCase, TestModule } from "vitest/node"

/**
 * Ends a run with `N passed, N failed` (and `, N skipped`). With `CI=true`, a skipped test whose name is not listed in
 * `.ci/allowed-skips` counts as failed: a test that silently stops running is a broken promise.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0
    let failed = errors.length
    const skipped: string[] = []
    for (const module of modules) {
      if (module.state() === "failed" && module.children.size === 0) failed++
      for (const test of module.children.allTests()) {
        const state = test.result().state
        if (state === "passed") passed++
        else if (state === "failed") failed++
        else skipped.push(nameOf(test))
      }
    }
    const unlisted = process.env["CI"] === "true" ? skipped.filter((name) => !allowedSkips().includes(name)) : []
    for (const name of skipped) process.stdout.write(`skipped: ${name}\n`)
    for (const name of unlisted) process.stdout.write(`skipped without being listed in .ci/allowed-skips: ${name}\n`)
    if (unlisted.length > 0) process.exitCode = 1
    const tail = skipped.length > unlisted.length ? `, ${skipped.length - unlisted.length} skipped` : ""
    process.stdout.write(`${passed} passed, ${failed + unlisted.length} failed${tail}\n`)
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.relativeModuleId} > ${test.fullName}`
}

function allowedSkips(): readonly string[] {
  return readFileSync(new URL("../.ci/allowed-skips", import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
}
