import { concat, wipe, type Bytes } from "@starling/kernel"

import type { HealthTest } from "./health-test.ts"
import { SourceFailed } from "./source-failed.ts"
import type { EntropySource } from "./source.ts"

/** Samples that are judged together and released together: the window of the adaptive proportion test. */
const WINDOW = 512
const START_UP_WINDOWS = 2

/** What a source is doing. Only a running one has passed its start-up test. */
export type SourceState =
  | { readonly kind: "untested" }
  | { readonly kind: "running" }
  | { readonly kind: "failed"; readonly failure: SourceFailed }

export interface Watch {
  /** A failure of an earlier run, which no start of a process undoes. */
  readonly latched?: SourceFailed | undefined
  /** Told once per failure, before anybody who waits for bytes hears of it. */
  readonly onFailure?: (failure: SourceFailed) => void
}

/**
 * Lets through the samples of a raw source whose whole window passed every test:
 *
 *     untested --1024 samples pass, and are discarded--> running
 *     untested, running --an alarm, or the device fails: everything held is wiped--> failed --restart--> untested
 *
 * That a caller gives up waiting changes nothing.
 */
export class HealthTestedSource implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "raw"
  readonly entropyPerByte: number
  readonly #source: EntropySource
  readonly #tests: readonly HealthTest[]
  readonly #onFailure: (failure: SourceFailed) => void
  #state: SourceState
  #passed: Bytes = new Uint8Array()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(source: EntropySource, tests: readonly HealthTest[], { latched, onFailure }: Watch = {}) {
    if (source.kind !== "raw") throw new TypeError("health tests judge raw samples")
    this.id = source.id
    this.simulated = source.simulated
    this.entropyPerByte = source.entropyPerByte
    this.#source = source
    this.#tests = tests
    this.#onFailure = onFailure ?? (() => undefined)
    this.#state = latched === undefined ? { kind: "untested" } : { kind: "failed", failure: latched }
  }

  get state(): SourceState {
    return this.#state
  }

  /** Throws `SourceFailed` on a failure and ever after. Calls wait for one another. */
  read(length: number, signal: AbortSignal): Promise<Bytes> {
    const read = this.#turn.then(async () => await this.#read(length, signal))
    this.#turn = read.catch(() => undefined)
    return read
  }

  /** An operator's decision: the start-up test has to pass anew. */
  restart(): void {
    this.#state = { kind: "untested" }
    this.#discard()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#discard()
    await this.#source[Symbol.asyncDispose]()
  }

  async #read(length: number, signal: AbortSignal): Promise<Bytes> {
    if (this.#state.kind === "untested") await this.#startUp(signal)
    if (this.#state.kind === "failed") throw this.#state.failure
    const parts = [this.#passed]
    this.#passed = new Uint8Array()
    try {
      for (let held = parts[0]?.length ?? 0; held < length; held += WINDOW) parts.push(await this.#window(signal))
    } catch (error) {
      if (!(error instanceof SourceFailed)) this.#passed = concat(...parts)
      wipe(...parts)
      throw error
    }
    const all = concat(...parts)
    const out = all.slice(0, length)
    this.#passed = all.slice(length)
    wipe(all, ...parts)
    return out
  }

  async #startUp(signal: AbortSignal): Promise<void> {
    for (const test of this.#tests) test.reset()
    for (let i = 0; i < START_UP_WINDOWS; i++) wipe(await this.#window(signal))
    this.#state = { kind: "running" }
  }

  async #window(signal: AbortSignal): Promise<Bytes> {
    const samples = await this.#sample(signal)
    const alarm = this.#tests.find((test) => !acceptsAll(test, samples))
    if (alarm === undefined) return samples
    wipe(samples)
    return this.#fail(new SourceFailed(this.id, alarm.name, `the ${alarm.name} test alarmed`))
  }

  async #sample(signal: AbortSignal): Promise<Bytes> {
    const samples = await this.#source.read(WINDOW, signal).catch((error: unknown) => {
      signal.throwIfAborted()
      return this.#fail(failureOf(error, this.id))
    })
    if (samples.length === WINDOW) return samples
    const short = `${samples.length} bytes of ${WINDOW}`
    wipe(samples)
    return this.#fail(new SourceFailed(this.id, "short read", short))
  }

  #fail(failure: SourceFailed): never {
    this.#discard()
    this.#state = { kind: "failed", failure }
    this.#onFailure(failure)
    throw failure
  }

  #discard(): void {
    wipe(this.#passed)
    this.#passed = new Uint8Array()
    for (const test of this.#tests) test.reset()
  }
}

function acceptsAll(test: HealthTest, samples: Uint8Array): boolean {
  for (const sample of samples) if (!test.accepts(sample)) return false
  return true
}

function failureOf(error: unknown, source: string): SourceFailed {
  if (error instanceof SourceFailed) return error
  return new SourceFailed(source, "broken", error instanceof Error ? error.name : "no error", { cause: error })
}
