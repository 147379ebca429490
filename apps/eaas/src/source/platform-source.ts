import { QuantumSource, SourceFailed, type EntropySource } from "@starling/entropy"
import { osEntropy } from "@starling/entropy/node"
import type { Log } from "../log.ts"
import { LatchFile, type Latched } from "./latch-file.ts"
import { openDevice, requireAssessed } from "./open-device.ts"
import type { SourceSettings } from "./settings.ts"
import { WatchedDevice } from "./watched-device.ts"

/** What an operator, and whoever asks for `/health`, is told of a source. */
export interface SourceHealth {
  readonly id: string
  readonly simulated: boolean
  readonly state: "untested" | "running" | "failed"
  /** `null` where nothing is wrong. */
  readonly failure: { readonly fault: string; readonly detail: string; readonly at: string } | null
  readonly samples: {
    readonly entropyPerByte: number
    readonly repetitionCountCutoff: number
    readonly adaptiveProportionCutoff: number
    /** Most common value estimate of the last 65536 samples, an upper bound; `null` before that. */
    readonly estimatedEntropyPerByte: number | null
  }
  readonly extractor: { readonly bytesIn: number; readonly bytesOut: number; readonly log2Epsilon: number }
}

/**
 * The source of a PVS, with what outlasts its process: a failure is latched in the data folder and logged before anybody
 * waits in vain, and only `restart` undoes it. There is no second source.
 */
export class PlatformSource implements AsyncDisposable {
  readonly #source: QuantumSource
  readonly #device: WatchedDevice
  readonly #latch: LatchFile
  readonly #log: Log
  #latched: Latched | undefined

  private constructor(folder: string, settings: SourceSettings, log: Log) {
    requireAssessed(settings)
    const { device: opened, ownTests } = openDevice(settings)
    const device = new WatchedDevice(opened)
    this.#device = device
    this.#log = log
    this.#latch = new LatchFile(folder)
    this.#latched = this.#latch.read(device.id)
    const latched = this.#latched?.failure
    this.#source = new QuantumSource({ device, ownTests, os: osEntropy, latched, onFailure: (it) => this.#fail(it) })
  }

  /** Runs the start-up test; a source that fails it, or had failed before, is there all the same, and gives nothing. */
  static async open(folder: string, settings: SourceSettings, log: Log): Promise<PlatformSource> {
    const source = new PlatformSource(folder, settings, log)
    await source.#start(source.#source.start(unhurried()))
    return source
  }

  get bytes(): EntropySource {
    return this.#source
  }

  get health(): SourceHealth {
    const { id, simulated, state, entropyPerSample, cutoffs, extraction } = this.#source
    const latched = this.#latched
    return {
      id,
      simulated,
      state: state.kind,
      failure:
        latched === undefined ? null : { fault: latched.failure.fault, detail: latched.failure.detail, at: latched.at },
      samples: {
        entropyPerByte: entropyPerSample,
        repetitionCountCutoff: cutoffs.repetitionCount,
        adaptiveProportionCutoff: cutoffs.adaptiveProportion,
        estimatedEntropyPerByte: this.#device.estimatedBits ?? null,
      },
      extractor: {
        bytesIn: extraction.bytesIn,
        bytesOut: extraction.bytesOut,
        log2Epsilon: extraction.log2Epsilon,
      },
    }
  }

  /** The operator has seen to it: the start-up test decides anew. */
  async restart(): Promise<SourceHealth> {
    this.#latch.clear()
    this.#latched = undefined
    this.#log("source restarted", { source: this.#source.id })
    await this.#start(this.#source.restart(unhurried()))
    return this.health
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source[Symbol.asyncDispose]()
  }

  async #start(test: Promise<void>): Promise<void> {
    try {
      await test
    } catch (error) {
      if (!(error instanceof SourceFailed)) throw error
    }
    const { id, simulated, state, samples, extractor } = this.health
    const { estimatedEntropyPerByte: _, ...assessed } = samples
    this.#log("source", { source: id, simulated, state, ...assessed, ...extractor })
  }

  #fail(failure: SourceFailed): void {
    const at = new Date().toISOString()
    this.#latched = { failure, at }
    this.#log("source failed", { source: failure.source, fault: failure.fault, detail: failure.detail })
    try {
      this.#latch.write(this.#latched)
    } catch (error) {
      this.#log("latch not written", { fault: error instanceof Error ? error.name : "unknown" })
    }
  }
}

/** A start-up test takes as long as its device is given for a few reads; nobody gives up before. */
function unhurried(): AbortSignal {
  return new AbortController().signal
}
