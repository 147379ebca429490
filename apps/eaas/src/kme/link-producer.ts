import { once } from "node:events"
import { Worker } from "node:worker_threads"

import { alarmSentence, bootstrapKeys, type LinkRound, type SharedKeys } from "@starling/eaas/link"
import { KeyStock } from "@starling/eaas/kme"
import { osEntropy } from "@starling/entropy/node"
import { wipe } from "@starling/kernel"

import { every } from "../every.ts"
import type { Log } from "../log.ts"
import type { LinkOrder, LinkReport, LinkWork } from "./link-messages.ts"

export interface ProducerOptions {
  /** Both ends' stocks, which are filled in step. */
  readonly stocks: readonly [source: KeyStock, detector: KeyStock]
  /** The link works once less than `low` is left, until there is `high`. In bytes. */
  readonly low: number
  readonly high: number
  /** How often the stock is looked at, in milliseconds. */
  readonly period: number
  /** Share of the pulses that an eavesdropper measures: a switch, to see that it is noticed. */
  readonly interception: number
  readonly log: Log
  /** Each round's end, for whoever counts. */
  readonly observe: (round: LinkFigures) => void
}

export interface LinkFigures {
  readonly outcome: LinkRound["kind"]
  readonly bytes: number
  readonly cpuSeconds: number
  /** Share of wrong bits in the key basis; `undefined` where the block came to none. */
  readonly errorRate: number | undefined
}

/** After an alarm, or a block without key, so long until the next try: retries cost authentication key. In milliseconds. */
const RETREAT = 60_000

/**
 * Keeps two stocks filled from a simulated link, which a worker thread plays at the lowest priority while it is needed.
 * Between two times of need there is no worker, and only what the ends share to authenticate is kept.
 */
export class LinkProducer implements AsyncDisposable {
  readonly #options: ProducerOptions
  readonly #watching: AsyncDisposable
  #shared: SharedKeys = bootstrapKeys(osEntropy)
  #alarm: string | undefined
  #notBefore = 0
  #worker: Worker | undefined

  constructor(options: ProducerOptions) {
    this.#options = options
    this.#watching = every(options.period, async (signal) => {
      if (this.#stocked < options.low && performance.now() >= this.#notBefore) await this.#fill(signal)
    })
  }

  /** In words, while the last block raised one. */
  get alarm(): string | undefined {
    return this.#alarm
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopped = this.#watching[Symbol.asyncDispose]()
    // A block takes seconds: nobody waits for it.
    await this.#worker?.terminate()
    await stopped
    wipe(this.#shared.source, this.#shared.detector)
  }

  /** Works until the stocks are full, or a block gave nothing. */
  async #fill(signal: AbortSignal): Promise<void> {
    const worker = startWorker({ shared: this.#shared, interception: this.#options.interception })
    wipe(this.#shared.source, this.#shared.detector)
    this.#worker = worker
    this.#options.log("link works", { simulated: true, stock: this.#stocked })
    try {
      while (this.#stocked < this.#options.high && !signal.aborted) {
        if (!this.#enter(await ordered(worker, "round"))) break
      }
      const stopped = await ordered(worker, "stop")
      if (stopped.kind === "stopped") this.#shared = stopped.shared
    } catch (error) {
      if (signal.aborted) return
      // As with devices that broke: they are set up anew, by hand.
      this.#options.log("link failed", { simulated: true, fault: error instanceof Error ? error.message : "unknown" })
      this.#shared = bootstrapKeys(osEntropy)
      this.#notBefore = performance.now() + RETREAT
    } finally {
      this.#worker = undefined
      await worker.terminate()
    }
  }

  get #stocked(): number {
    const [source, detector] = this.#options.stocks
    return Math.min(source.available(), detector.available())
  }

  /** Whether the block gave key. */
  #enter(report: LinkReport): boolean {
    if (report.kind !== "round") return false
    const { source, detector, cpuSeconds } = report
    const { stocks, log, observe } = this.#options
    const isKey = source.kind === "key" && detector.kind === "key"
    const errorRate = source.kind === "key" ? source.figures.keyErrors : undefined
    observe({ outcome: detector.kind, bytes: isKey ? source.key.length : 0, cpuSeconds, errorRate })
    if (!isKey) {
      const why = [source, detector].flatMap((round) =>
        round.kind === "alarm" ? [alarmSentence(round.alarm)] : round.kind === "no key" ? [round.why] : [],
      )
      const isAlarm = source.kind === "alarm" || detector.kind === "alarm"
      this.#alarm = isAlarm ? why[0] : undefined
      this.#notBefore = performance.now() + RETREAT
      log(isAlarm ? "link alarm" : "link gave no key", { simulated: true, why: why.join("; ") })
      return false
    }
    this.#alarm = undefined
    stocks[0].add(source.key, "distilled")
    stocks[1].add(detector.key, "distilled")
    log("link gave key", { simulated: true, bytes: source.key.length, errors: source.figures.keyErrors, cpuSeconds })
    wipe(source.key, detector.key)
    return true
  }
}

function startWorker(work: LinkWork): Worker {
  const worker = new Worker(new URL("link-worker.ts", import.meta.url), { workerData: work })
  worker.unref()
  return worker
}

/** Throws what the worker threw, or that it ended. */
async function ordered(worker: Worker, order: LinkOrder): Promise<LinkReport> {
  const stop = new AbortController()
  const ended = once(worker, "exit", { signal: stop.signal }).then(() => {
    throw new Error("the link's worker ended")
  })
  try {
    const answer = once(worker, "message", { signal: stop.signal })
    worker.postMessage(order, [])
    const [report]: readonly LinkReport[] = await Promise.race([answer, ended])
    if (report === undefined) throw new Error("the link's worker said nothing")
    return report
  } finally {
    stop.abort()
    ended.catch(() => undefined)
  }
}
