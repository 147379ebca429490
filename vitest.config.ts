import { defineConfig } from "vitest/config"

/**
 * `unit`: pure code and loopback adapters. `system`: real daemons, child processes and browsers, one file at a time,
 * since they measure and kill things. The reporter prints the closing line and fails a run with an unlisted skip.
 */
export default defineConfig({
  test: {
    reporters: ["default", "./scripts/closing-line-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/test/**/*.test.ts", "apps/*/test/*.test.ts", "scripts/test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.system.test.ts"],
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: "system",
          include: [
            "packages/*/test/**/*.system.test.ts",
            "apps/*/test/**/*.system.test.ts",
            "apps/*/e2e/**/*.test.ts",
            "apps/*/test/e2e/**/*.test.ts",
            "bench/test/**/*.system.test.ts",
          ],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
})
