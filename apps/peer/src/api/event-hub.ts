import type { ApiEvent } from "./contract.ts"

export type EventListener = (event: ApiEvent) => void

/** Hands what happens in the daemon to whoever listens: WebSockets and waiting calls. */
export class EventHub {
  readonly #listeners = new Set<EventListener>()

  emit(event: ApiEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  /** Returns what ends the subscription. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  /** Resolves to true at the first event that `wanted` accepts, to false when `signal` aborts. */
  async next(wanted: (event: ApiEvent) => boolean, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false
    return await new Promise((resolve) => {
      const finish = (happened: boolean): void => {
        unsubscribe()
        signal.removeEventListener("abort", onAbort)
        resolve(happened)
      }
      const onAbort = (): void => finish(false)
      const unsubscribe = this.subscribe((event) => {
        if (wanted(event)) finish(true)
      })
      signal.addEventListener("abort", onAbort, { once: true })
    })
  }
}
