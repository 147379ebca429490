import type { ProvedStatement, Verdict } from "../verify.ts"

/** What a verifying thread is given, and answers with as many verdicts. One batch at a time. */
export type Batch = readonly ProvedStatement[]
export type Verdicts = readonly Verdict[]
