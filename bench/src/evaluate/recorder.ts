import { createHash } from "node:crypto"

import type { Effect, Measure, MlsOperation } from "@starling/messenger"
import type { ObservedInput, Observer } from "@starling/peer/daemon"

import { monotonic } from "./clock.ts"

/** What the paper calls the three messages. */
export type MessageType = "msg" | "upd" | "invitation"

/** One operation of MLS. `cpuMs` is CPU time of the peer's thread. */
export interface OperationSample extends MlsOperation {
  readonly at: number
  readonly cpuMs: number
  readonly wallMs: number
}

/** Bytes that went to the transport; times on the machine's monotonic clock. */
export interface Publication {
  /** The same at every peer. */
  readonly key: string
  readonly type: MessageType
  readonly bytes: number
  /** When the input was taken up that led to it, and when the bytes were handed over. */
  readonly takenUp: number
  readonly at: number
  /** What was encrypted in the same step. */
  readonly encrypted: MlsOperation["of"] | undefined
}

/** Bytes that came by gossip. */
export interface Arrival {
  readonly key: string
  readonly type: MessageType
  readonly at: number
  /** When what followed was on the disk. */
  readonly durable: number
  /** What was decrypted in the same step; nothing where it had come before by another way. */
  readonly decrypted: MlsOperation["of"] | undefined
  /** CPU time from the arrival to the decision, which the operations are part of. */
  readonly cpuMs: number
}

/** Transactions that were synced to the disk before anything followed, by what led to them. */
export interface DurableWrites {
  readonly sent: number
  readonly received: number
  readonly others: number
}

export interface Recording {
  readonly operations: readonly OperationSample[]
  readonly publications: readonly Publication[]
  readonly arrivals: readonly Arrival[]
  readonly writes: DurableWrites
}

/** Notes what one peer does; nothing is worked out before the run is over. */
export class Recorder implements Observer {
  readonly #operations: OperationSample[] = []
  readonly #publications: Publication[] = []
  readonly #arrivals: Arrival[] = []
  readonly #writes = { sent: 0, received: 0, others: 0 }
  #input: ObservedInput = { kind: "other" }
  #takenUp = 0
  #cpuBefore = 0
  #cpuTaken = 0
  #done: MlsOperation | undefined
  /** What the transaction of this step counts as. */
  #written: keyof DurableWrites | undefined

  readonly measure: Measure = (operation, run) => {
    const cpu = threadCpu()
    const at = monotonic()
    const result = run()
    const wallMs = monotonic() - at
    const cpuMs = threadCpu() - cpu
    this.#operations.push({ ...operation, at, cpuMs, wallMs })
    this.#done = operation
    return result
  }

  takesUp(input: ObservedInput): void {
    this.#input = input
    this.#takenUp = monotonic()
    this.#cpuBefore = threadCpu()
    this.#done = undefined
  }

  decided(): void {
    this.#cpuTaken = threadCpu() - this.#cpuBefore
  }

  durable(isDeferred: boolean): void {
    const input = this.#input
    this.#written = isDeferred ? undefined : "others"
    if (input.kind === "gossip" && !isDeferred && nameOf(input).type === "msg") this.#written = "received"
    if (this.#written !== undefined) this.#writes[this.#written]++
    if (input.kind !== "gossip") return
    const [at, durable, cpuMs] = [this.#takenUp, monotonic(), this.#cpuTaken]
    const decrypted = this.#done?.kind === "decrypt" ? this.#done.of : undefined
    this.#arrivals.push({ ...nameOf(input), at, durable, decrypted, cpuMs })
  }

  carriesOut(effect: Effect): void {
    if (effect.kind !== "publish") return
    if (effect.message !== undefined && this.#written === "others") {
      this.#writes.others--
      this.#writes.sent++
      this.#written = "sent"
    }
    const encrypted = this.#done?.kind === "encrypt" ? this.#done.of : undefined
    const [takenUp, at] = [this.#takenUp, monotonic()]
    this.#publications.push({ ...nameOf(effect), bytes: effect.data.length, takenUp, at, encrypted })
  }

  get recording(): Recording {
    return {
      operations: this.#operations,
      publications: this.#publications,
      arrivals: this.#arrivals,
      writes: { ...this.#writes },
    }
  }
}

/**
 * Milliseconds, to the microsecond. Linux brings a thread's count up to date at a tick, every few milliseconds, and when the whole
 * process is asked for its own: so that is asked first.
 */
function threadCpu(): number {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

const PEER_TOPIC = "/starling/peer/"
/** In an envelope (docs/wire.md): the kind is its third byte. */
const KIND = 2
const MSG = 2

/** By the digest of the bytes, which is the name that GossipSub knows them by, too. */
function nameOf({ topic, data }: { readonly topic: string; readonly data: Uint8Array }) {
  const key = createHash("sha256").update(data).digest("base64url")
  const type: MessageType = topic.startsWith(PEER_TOPIC) ? "invitation" : data[KIND] === MSG ? "msg" : "upd"
  return { key, type }
}
