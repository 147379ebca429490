/** What section 5 of the paper says, and where it was measured: the yardstick of a run. Milliseconds. */
export const PAPER = {
  textEncrypt: 2,
  textDecrypt: 6,
  instances: 100,
  processor: "AMD EPYC 7763 64-Core Processor",
  cores: 4,
  memoryGb: 32,
} as const
