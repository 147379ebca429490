import { fileURLToPath } from "node:url"

import { createVitest, type TestSpecification } from "vitest/node"

import { weakened, type Weakening } from "./weakenings.ts"

const ROOT = fileURLToPath(new URL("../../../", import.meta.url))
const SOURCES = fileURLToPath(new URL("../src/", import.meta.url))

/** Of primitives, of other engines, and the long ones. */
const LEFT_OUT = [
  "fuzz",
  "mutants.system",
  "platform-generators",
  "providers",
  "public-keys",
  "readme",
  "signature-verdicts",
  "suites",
  "ts-mls-external",
  "vectors",
  "vectors-runner",
  "x-wing",
]

/** The engine's own tests, to be run on one weakening of it after the other in one process. */
export interface EngineTests extends AsyncDisposable {
  /** The first test that fails, or `undefined` where all pass. */
  failing(weakening: Weakening | undefined): Promise<string | undefined>
}

export async function openEngineTests(): Promise<EngineTests> {
  let present: Weakening | undefined
  const vitest = await createVitest(
    "test",
    {
      config: false,
      root: ROOT,
      watch: false,
      include: ["packages/mls/test/*.test.ts"],
      exclude: LEFT_OUT.map((name) => `packages/mls/test/${name}.test.ts`),
      reporters: [{}],
      bail: 1,
      maxWorkers: 1,
      isolate: false,
      pool: "threads",
      fsModuleCache: false,
      testTimeout: 0,
      sequence: { sequencer: AsGiven },
    },
    {
      plugins: [
        {
          name: "weakened",
          enforce: "pre",
          transform: (code, id) =>
            present !== undefined && id === SOURCES + present.file ? weakened(code, present.number) : undefined,
        },
      ],
    },
  )
  let tests = (await vitest.globTestSpecifications()).toSorted((a, b) => rank(a.moduleId) - rank(b.moduleId))
  return {
    async failing(weakening) {
      if (present !== undefined) vitest.invalidateFile(SOURCES + present.file)
      present = weakening
      if (present !== undefined) vitest.invalidateFile(SOURCES + present.file)
      const { testModules, unhandledErrors } = await vitest.runTestSpecifications(tests)
      const failed = testModules.find((module) => module.state() === "failed")
      if (failed === undefined) return unhandledErrors.length > 0 ? "an unhandled error" : undefined
      // The next one is likely in the same file, and noticed by the same tests.
      const isOther = ({ moduleId }: TestSpecification) => Number(moduleId !== failed.moduleId)
      tests = tests.toSorted((a, b) => isOther(a) - isOther(b))
      const [test] = failed.children.allTests("failed")
      return test?.fullName ?? failed.moduleId
    },
    async [Symbol.asyncDispose]() {
      await vitest.close()
    },
  }
}

/** Those of what is refused come first: most weakenings are noticed there. */
function rank(file: string): number {
  return file.endsWith("-validity.test.ts") ? 0 : file.endsWith("bounds.test.ts") ? 2 : 1
}

class AsGiven {
  shard = <T>(files: T): T => files
  sort = <T>(files: T): T => files
}
