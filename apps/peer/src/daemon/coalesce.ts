import type { Milliseconds } from "@starling/kernel"

/** A call that acts at most once in `window`, and for the last time after it was last called. Never keeps a process alive. */
export function coalesce(act: () => void, window: Milliseconds): () => void {
  let timer: NodeJS.Timeout | undefined
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined
      act()
    }, window).unref()
  }
}
