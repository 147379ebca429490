/** Resolves at the first Ctrl-C, SIGTERM or SIGHUP; at the second the process ends where it stands. */
export async function stopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolve())
  })
}
