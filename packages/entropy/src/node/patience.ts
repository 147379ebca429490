import { setTimeout as sleep } from "node:timers/promises"

/** Time to do something in, which the caller may cut short. */
export class Patience {
  readonly signal: AbortSignal
  readonly #caller: AbortSignal

  constructor(caller: AbortSignal, milliseconds: number) {
    this.#caller = caller
    this.signal = AbortSignal.any([caller, AbortSignal.timeout(milliseconds)])
  }

  /** False once the time is over. Throws where it is the caller who gave up. */
  get lasts(): boolean {
    this.#caller.throwIfAborted()
    return !this.signal.aborted
  }

  /** Ends early with the time. */
  async wait(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.signal }).catch(() => undefined)
  }
}
