/**
 * What a draw does with the EaaS and the OS. `mixed` never waits: an empty pool gives way to the OS alone, and the
 * record says so. `strict` mixes too, but throws `EntropyExhausted` instead. `pure` hands out EaaS bytes as they came,
 * for evaluation: who made them knows them.
 */
export type EntropyPolicy = "mixed" | "strict" | "pure"
