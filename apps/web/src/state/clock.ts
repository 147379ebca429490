import { useSyncExternalStore } from "react"

let now = Date.now()
const listeners = new Set<() => void>()

/** The time, twice a minute: enough for "3 minutes ago". */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

function subscribe(changed: () => void): () => void {
  if (listeners.size === 0) now = Date.now()
  listeners.add(changed)
  const timer = setInterval(() => {
    now = Date.now()
    changed()
  }, 30_000)
  return () => {
    clearInterval(timer)
    listeners.delete(changed)
  }
}
