import { existsSync, readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"

import { playwright } from "@vitest/browser-playwright"
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config"

const ROOT = fileURLToPath(new URL(".", import.meta.url))
export const CHROMIUM = "/usr/bin/chromium"

const PROCESSES = [
  "packages/*/test/**/*.system.test.ts",
  "apps/*/test/*.system.test.ts",
  "apps/peer/test/e2e/!(conversation|under-npm).test.ts",
  "bench/test/*-bench.system.test.ts",
  "sim/test/*.system.test.ts",
  "bench/test/{delivery,durable-writes,former-folders}.system.test.ts",
]

/**
 * `unit`: pure code and loopback adapters. `browser`: the MLS engine's own tests once more, in Chromium, with the
 * provider that browsers have. `pages`: the UI in Chromium, before a daemon that only tells stories. `processes`: child
 * processes that keep to themselves. `system`: daemons that find each other on the network, browsers, and what kills or is
 * to be quick, one file at a time. The reporter prints the closing line and fails a run with an unlisted skip.
 */
export default defineConfig({
  test: {
    reporters: ["default", "./scripts/closing-line-reporter.ts"],
    // Of itself vitest leaves one processor idle, which on a machine of two is half of it.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          include: [
            "packages/*/test/**/*.test.ts",
            "apps/*/test/*.test.ts",
            "sim/test/**/*.test.ts",
            "scripts/test/**/*.test.ts",
          ],
          exclude: ["**/node_modules/**", "**/*.system.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      ...(existsSync(CHROMIUM) ? [inChromium()] : []),
      {
        test: {
          name: "pages",
          include: ["apps/web/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "processes",
          include: PROCESSES,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "system",
          include: ["bench/test/**/*.system.test.ts", "apps/peer/test/e2e/{conversation,under-npm}.test.ts"],
          exclude: PROCESSES,
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})

/** Everything in `packages/mls/test`, except what is about Node or about other engines. */
function inChromium(): TestProjectInlineConfiguration {
  const folder = process.env["MLS_VECTORS"] ?? fileURLToPath(new URL("../shared/vectors/mls", import.meta.url))
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".json")) : []
  return {
    server: { fs: { allow: [ROOT, folder] } },
    test: {
      name: "browser",
      include: ["packages/mls/test/*.test.ts"],
      exclude: [
        "openmls",
        "platform-generators",
        "providers",
        "public-keys",
        "readme",
        "signature-verdicts",
        "ts-mls",
        "x-wing",
        "decoding-memory",
        "first-state",
        "fuzz",
        "mutants.system",
        "ts-mls-external",
        "vectors-runner",
      ].map((name) => `packages/mls/test/${name}.test.ts`),
      provide: { vectors: { folder, names } },
      testTimeout: 120_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        instances: [{ browser: "chromium" }],
        provider: playwright({
          launchOptions: {
            executablePath: CHROMIUM,
            args: [
              "--no-sandbox",
              "--disable-gpu",
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-sync",
              "--no-first-run",
              "--disable-quic",
            ],
          },
        }),
      },
    },
  }
}
