/** Does something again and again, at most one at a time, until disposed of. The first time is after one period. */
export function every(period: number, act: (signal: AbortSignal) => Promise<void>): AsyncDisposable {
  const stop = new AbortController()
  let running: Promise<void> = Promise.resolve()
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    running = act(stop.signal).finally(() => {
      busy = false
    })
  }, period)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      stop.abort()
      await running.catch(() => undefined)
    },
  }
}
