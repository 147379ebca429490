import { once } from "node:events"

/**
 * Aborts at the first Ctrl-C, SIGTERM or SIGHUP. At a second Ctrl-C the process ends where it stands; the others may well
 * come twice where a whole group of processes is told and each tells the next.
 */
export function stopSignal(): AbortSignal {
  const stop = new AbortController()
  process.once("SIGINT", () => stop.abort())
  for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop.abort())
  return stop.signal
}

export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort")
}
