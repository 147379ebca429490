import { defineConfig } from "vitest/config"

import { withoutGuard } from "./guards.ts"

/** `FILE:NUMBER` of the guard that is taken out. */
const [file = "", number = ""] = (process.env["MLS_GUARD"] ?? "").split(":")

/** The engine's own tests, but for those of primitives, of other engines, and the long ones. */
export default defineConfig({
  plugins: [
    {
      name: "without-guard",
      enforce: "pre",
      transform: (code, id) =>
        id.endsWith(`/packages/mls/src/${file}`) ? withoutGuard(code, Number(number)) : undefined,
    },
  ],
  test: {
    include: ["packages/mls/test/*.test.ts"],
    exclude: [
      "fuzz",
      "mutants.system",
      "platform-generators",
      "providers",
      "readme",
      "signature-verdicts",
      "suites",
      "vectors",
      "vectors-runner",
      "x-wing",
    ].map((name) => `packages/mls/test/${name}.test.ts`),
    bail: 1,
    fsModuleCache: false,
    reporters: ["dot"],
  },
})
