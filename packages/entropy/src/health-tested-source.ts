import { concat, wipe, type Bytes } from "@starling/kernel"

import type { HealthTest } from "./health-test.ts"
import type { EntropySource } from "./source.ts"

/** Samples that are judged together and released together: the window of the adaptive proportion test. */
const WINDOW = 512
const START_UP_WINDOWS = 2

/** A health test alarmed. The source gives nothing more until `restart`. */
export class SourceUnhealthy extends Error {
  override readonly name = "SourceUnhealthy"
  readonly test: string

  constructor(source: string, test: string) {
    super(`the source "${source}" failed its ${test} test`)
    this.test = test
  }
}

/**
 * Lets through the samples of a raw source whose whole window passed every test:
 *
 *     starting --1024 samples pass, and are discarded--> running
 *     starting, running --alarm: everything held is wiped--> failed --restart--> starting
 */
export class HealthTestedSource implements EntropySource {
  readonly id: string
  readonly simulated: boolean
  readonly kind = "raw"
  readonly entropyPerByte: number
  readonly #source: EntropySource
  readonly #tests: readonly HealthTest[]
  #state: "starting" | "running" | SourceUnhealthy = "starting"
  #passed: Bytes = new Uint8Array()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(source: EntropySource, tests: readonly HealthTest[]) {
    if (source.kind !== "raw") throw new TypeError("health tests judge raw samples")
    this.id = source.id
    this.simulated = source.simulated
    this.entropyPerByte = source.entropyPerByte
    this.#source = source
    this.#tests = tests
  }

  /** Throws `SourceUnhealthy` on alarm and ever after. Calls wait for one another. */
  read(length: number, signal: AbortSignal): Promise<Bytes> {
    const read = this.#turn.then(() => this.#read(length, signal))
    this.#turn = read.catch(() => undefined)
    return read
  }

  /** An operator's decision: the start-up test has to pass anew. */
  restart(): void {
    this.#state = "starting"
    this.#discard()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#discard()
    await this.#source[Symbol.asyncDispose]()
  }

  async #read(length: number, signal: AbortSignal): Promise<Bytes> {
    if (this.#state === "starting") {
      for (let i = 0; i < START_UP_WINDOWS; i++) wipe(await this.#window(signal))
      this.#state = "running"
    }
    if (this.#state !== "running") throw this.#state
    while (this.#passed.length < length) {
      const window = await this.#window(signal)
      const joined = concat(this.#passed, window)
      wipe(this.#passed, window)
      this.#passed = joined
    }
    const out = this.#passed.slice(0, length)
    const rest = this.#passed.slice(length)
    wipe(this.#passed)
    this.#passed = rest
    return out
  }

  async #window(signal: AbortSignal): Promise<Bytes> {
    const samples = await this.#source.read(WINDOW, signal)
    if (samples.length !== WINDOW) throw new Error(`the source "${this.id}" gave ${samples.length} bytes of ${WINDOW}`)
    const failed = this.#judge(samples)
    if (failed === undefined) return samples
    wipe(samples)
    this.#discard()
    this.#state = new SourceUnhealthy(this.id, failed)
    throw this.#state
  }

  #judge(samples: Uint8Array): string | undefined {
    for (const sample of samples) {
      for (const test of this.#tests) if (!test.accepts(sample)) return test.name
    }
    return undefined
  }

  #discard(): void {
    wipe(this.#passed)
    this.#passed = new Uint8Array()
    for (const test of this.#tests) test.reset()
  }
}
