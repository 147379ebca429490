import type { CryptoProvider } from "@starling/mls"

import { check, KINDS, kindOf, suiteOf } from "./checks.ts"
import { readCases, type Fields } from "./fields.ts"

/** How the cases of a file came out; a file that can't be read at all counts as one case that failed. */
export interface FileOutcome {
  readonly passed: number
  readonly failed: number
  /** Those of suites that there is no provider for. */
  readonly skipped: number
  /** One sentence for each case that failed. */
  readonly faults: readonly string[]
}

/** Checks all cases of a file in the official format with the provider of each one's suite. */
export function runFile(
  name: string,
  text: string,
  provider: (suite: number | undefined) => CryptoProvider | undefined,
): FileOutcome {
  const kind = kindOf(name)
  if (kind === undefined) {
    return unreadable(`its name says none of the kinds that there are: ${KINDS.join(", ")}`)
  }
  let cases: readonly Fields[]
  try {
    cases = readCases(text)
  } catch (error) {
    return unreadable(reasonOf(error))
  }
  let [passed, skipped] = [0, 0]
  const faults: string[] = []
  for (const [index, fields] of cases.entries()) {
    try {
      const crypto = provider(suiteOf(kind, fields))
      if (crypto === undefined) {
        skipped++
        continue
      }
      check(kind, crypto, fields)
      passed++
    } catch (error) {
      faults.push(`case ${index}: ${reasonOf(error)}`)
    }
  }
  return { passed, failed: faults.length, skipped, faults }
}

function unreadable(why: string): FileOutcome {
  return { passed: 0, failed: 1, skipped: 0, faults: [why] }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
