import { Worker } from "node:worker_threads"
import type { Statement } from "../statement.ts"
import type { ProvedStatement, Verdict } from "../verify.ts"
import type { Batch, Verdicts } from "./verifier-messages.ts"

export interface VerifierPoolSettings {
  /** Threads, and so cores, that verify. */
  readonly threads: number
  /** Most proofs that wait or are verified at a time; what is asked beyond it is told `busy` at once. */
  readonly capacity: number
}

/** A verdict, or that there was no room to wait for one, or nobody who waited. */
export type PooledVerdict = Verdict | { readonly kind: "busy" }

/** A verifying thread ended; what it was given has no verdict. */
export class VerifierFailed extends Error {
  override readonly name = "VerifierFailed"
}

interface Job extends ProvedStatement {
  readonly signal: AbortSignal | undefined
  readonly resolve: (verdict: PooledVerdict) => void
  readonly reject: (error: VerifierFailed) => void
}

const THREAD = new URL("./verifier-thread.ts", import.meta.url)
const LARGEST_BATCH = 32

/**
 * Verifies in threads of its own. A thread that has nothing to do takes whatever waits as one batch, so that batches are
 * as large as the load makes them and nobody waits for one to fill. Bad proofs make a batch dearer than its proofs
 * would be alone; each such batch halves the next ones, and each good one doubles them again. Threads start when needed.
 */
export class VerifierPool implements AsyncDisposable {
  readonly #settings: VerifierPoolSettings
  readonly #waiting: Job[] = []
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, readonly Job[]>()
  #batchSize = LARGEST_BATCH
  #underWay = 0
  #closed = false

  constructor(settings: VerifierPoolSettings) {
    if (settings.threads < 1 || settings.capacity < 1) throw new RangeError("a pool has threads and room")
    this.#settings = settings
  }

  /** An aborted `signal` makes room for others, as long as the proof waits. Throws `VerifierFailed`. */
  async verify(statement: Statement, proof: Uint8Array, signal?: AbortSignal): Promise<PooledVerdict> {
    if (this.#closed) throw new VerifierFailed("the verifier was closed")
    if (this.#underWay >= this.#settings.capacity) return { kind: "busy" }
    this.#underWay++
    try {
      return await new Promise<PooledVerdict>((resolve, reject) => {
        this.#waiting.push({ statement, proof, signal, resolve, reject })
        // Requests that came with this one, in the same turn of the event loop, go into the same batch.
        setImmediate(() => this.#assign())
      })
    } finally {
      this.#underWay--
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const threads = [...this.#idle.splice(0), ...this.#busy.keys()]
    await Promise.all(threads.map(async (thread) => await thread.terminate()))
    for (const job of this.#waiting.splice(0)) job.reject(new VerifierFailed("the verifier was closed"))
  }

  #assign(): void {
    this.#dropAborted()
    while (this.#waiting.length > 0 && !this.#closed) {
      const free = this.#settings.threads - this.#busy.size
      if (free === 0) return
      const thread = this.#idle.pop() ?? this.#start()
      const share = Math.min(this.#batchSize, Math.ceil(this.#waiting.length / free))
      const jobs = this.#waiting.splice(0, share)
      this.#busy.set(thread, jobs)
      const batch: Batch = jobs.map(({ statement, proof }) => ({ statement, proof }))
      thread.ref()
      thread.postMessage(batch, [])
    }
  }

  #dropAborted(): void {
    const waiting = this.#waiting.splice(0)
    for (const job of waiting) {
      if (job.signal?.aborted === true) job.resolve({ kind: "busy" })
      else this.#waiting.push(job)
    }
  }

  #start(): Worker {
    const thread = new Worker(THREAD)
    let failure = "a verifying thread ended"
    thread.on("message", (verdicts: Verdicts) => this.#settle(thread, verdicts))
    thread.on("error", (error) => (failure = `a verifying thread failed: ${error.message}`))
    thread.on("exit", () => this.#lose(thread, new VerifierFailed(failure)))
    return thread
  }

  #settle(thread: Worker, verdicts: Verdicts): void {
    const jobs = this.#busy.get(thread) ?? []
    this.#busy.delete(thread)
    this.#idle.push(thread)
    // An idle thread keeps no process alive.
    thread.unref()
    const allValid = verdicts.every(({ kind }) => kind === "valid")
    this.#batchSize = allValid ? Math.min(LARGEST_BATCH, this.#batchSize * 2) : Math.max(1, this.#batchSize >> 1)
    jobs.forEach((job, i) => {
      const verdict = verdicts[i]
      if (verdict === undefined) job.reject(new VerifierFailed("a verifying thread gave too few verdicts"))
      else job.resolve(verdict)
    })
    this.#assign()
  }

  #lose(thread: Worker, failure: VerifierFailed): void {
    const jobs = this.#busy.get(thread) ?? []
    this.#busy.delete(thread)
    const at = this.#idle.indexOf(thread)
    if (at >= 0) this.#idle.splice(at, 1)
    for (const job of jobs) job.reject(failure)
    this.#assign()
  }
}
