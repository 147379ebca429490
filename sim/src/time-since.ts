/** What a command took since `started`, of `performance.now()`, and all of its process. */
export function timeSince(started: number): { readonly wallSeconds: number; readonly processorSeconds: number } {
  const { user, system } = process.cpuUsage()
  return {
    wallSeconds: Math.round((performance.now() - started) / 1000),
    processorSeconds: Math.round((user + system) / 1_000_000),
  }
}
