import { fork, type ChildProcess } from "node:child_process"
import { once } from "node:events"
import { setPriority } from "node:os"
import type { FieldElement } from "../field-element.ts"
import type { Proof } from "../proof-encoding.ts"
import { ProofImpossible, statementOf, type Statement, type Witness } from "../statement.ts"
import { ARTIFACTS_FOLDER, loadArtifacts } from "./load-artifacts.ts"
import { ProverFailed } from "./prover-failed.ts"
import type { Job, Reply } from "./prover-messages.ts"

export interface Proved {
  readonly proof: Proof
  readonly statement: Statement
  /** Wall-clock time of this proof, without the wait for earlier ones. */
  readonly milliseconds: number
}

const PROCESS = new URL("./prover-process.ts", import.meta.url)
const IDLE_MS = 10_000
/** Between normal (0) and below normal (10): beside other work a proof is still made, in three times the time. */
const PRIORITY = 5

/**
 * Makes proofs, one after the other, in a process of its own, so that neither the caller's event loop nor its exit
 * ever waits for one. The process is started by the first proof, ends ten seconds after the last, and is killed where
 * a proof is given up: snarkjs can't be interrupted, and only the end of a process surely takes its threads, and
 * the witness in its memory, along.
 */
export class Prover implements AsyncDisposable {
  readonly #closing = new AbortController()
  #process: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Throws `ProverFailed` where the artefacts in `folder` are missing or not the pinned ones. */
  static async open(folder: string = ARTIFACTS_FOLDER): Promise<Prover> {
    await loadArtifacts(folder)
    return new Prover(folder)
  }

  /**
   * Throws `ProofImpossible` where the statement is false, also, when `root` is given, where the path leads to
   * another root; `ProverFailed` where proving breaks down; the signal's reason where it is aborted. A proof is
   * returned only after `verifyProof` has accepted it.
   */
  async prove(witness: Witness, signal: AbortSignal, root?: FieldElement): Promise<Proved> {
    const patience = AbortSignal.any([signal, this.#closing.signal])
    patience.throwIfAborted()
    const statement = statementOf(witness)
    if (root !== undefined && statement.root !== root) throw new ProofImpossible("path-misses-root")
    const turn = this.#last.then(async () => await this.#run({ witness, statement }, patience))
    this.#last = turn.catch(() => undefined)
    return await unlessAborted(turn, patience)
  }

  /** Gives up the running proof and those that wait; resolves when the process has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new ProverFailed("the prover was closed"))
    await this.#last
    await this.#end()
  }

  async #run(job: Job, signal: AbortSignal): Promise<Proved> {
    signal.throwIfAborted()
    clearTimeout(this.#idle)
    const start = performance.now()
    const child = (this.#process ??= startProcess(this.#folder))
    hold(child)
    try {
      const proof = await ask(child, job, signal)
      return { proof, statement: job.statement, milliseconds: performance.now() - start }
    } catch (error) {
      await this.#end()
      throw error
    } finally {
      release(child)
      this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref()
    }
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle)
    const child = this.#process
    this.#process = undefined
    if (child === undefined || hasEnded(child)) return
    child.ref()
    const exit = once(child, "exit")
    child.kill("SIGKILL")
    await exit
  }
}

/** At a lower priority: whoever proves for later must not keep messages waiting. */
function startProcess(folder: string): ChildProcess {
  const child = fork(PROCESS, [folder], {
    // Flags of this process (a test runner's, say) are not for that one.
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  })
  if (child.pid !== undefined) setPriority(child.pid, PRIORITY)
  // Told to whoever waits for a proof; between proofs there is nobody to tell.
  return child.on("error", () => {})
}

async function ask(child: ChildProcess, job: Job, signal: AbortSignal): Promise<Proof> {
  return await new Promise((resolve, reject) => {
    const settled = new AbortController()
    const settle = (act: () => void): void => {
      settled.abort()
      child.off("message", onMessage).off("exit", onExit).off("error", onError)
      act()
    }
    const onMessage = (reply: Reply): void =>
      settle(() => {
        if (reply.kind === "proved") resolve(new Uint8Array(reply.proof))
        else reject(new ProverFailed(reply.message))
      })
    const onExit = (): void => settle(() => reject(new ProverFailed("the proving process ended")))
    const onError = (cause: Error): void => settle(() => reject(new ProverFailed("no proving process", { cause })))
    child.on("message", onMessage).on("exit", onExit).on("error", onError)
    signal.addEventListener("abort", () => settle(() => reject(signal.reason)), { signal: settled.signal })
    if (hasEnded(child)) onExit()
    else child.send(job)
  })
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { signal: settled.signal })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    settled.abort()
  }
}

/** A proof under way keeps this process alive, an idle proving process doesn't. */
function hold(child: ChildProcess): void {
  child.ref()
  child.channel?.ref()
}

function release(child: ChildProcess): void {
  child.unref()
  child.channel?.unref()
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
