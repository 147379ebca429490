/**
 * Milliseconds on the monotonic clock of this machine. Processes on one machine read the same one (`process.hrtime` is
 * CLOCK_MONOTONIC on Linux), so that times which two of them took can be subtracted. On two machines they can't.
 */
export function monotonic(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
