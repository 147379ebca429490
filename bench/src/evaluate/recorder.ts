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

interface TakenUp {
  readonly input: ObservedInput
  readonly at: number
  readonly cpuBefore: number
  cpuMs: number
  /** The last operation of MLS in it. */
  done: MlsOperation | undefined
}

/** Notes what one peer does; nothing is worked out before the run is over. */
export class Recorder implements Observer {
  readonly #operations: OperationSample[] = []
  readonly #publications: Publication[] = []
  readonly #arrivals: Arrival[] = []
  readonly #writes = { sent: 0, received: 0, others: 0 }
  #current: TakenUp = { input: { kind: "other" }, at: 0, cpuBefore: 0, cpuMs: 0, done: undefined }
  #decided: TakenUp[] = []
  /** What the transaction of this step counts as. */
  #written: keyof DurableWrites | undefined

  readonly measure: Measure = (operation, run) => {
    const cpu = threadCpu()
    const at = monotonic()
    const result = run()
    const wallMs = monotonic() - at
    const cpuMs = threadCpu() - cpu
    this.#operations.push({ ...operation, at, cpuMs, wallMs })
    this.#current.done = operation
    return result
  }

  takesUp(input: ObservedInput): void {
    this.#current = { input, at: monotonic(), cpuBefore: threadCpu(), cpuMs: 0, done: undefined }
  }

  decided(): void {
    this.#current.cpuMs = threadCpu() - this.#current.cpuBefore
    this.#decided.push(this.#current)
  }

  durable(isDeferred: boolean): void {
    const durable = monotonic()
    const decided = this.#decided
    this.#decided = []
    let isOfMessages = false
    for (const { input, at, cpuMs, done } of decided) {
      if (input.kind !== "gossip") continue
      const name = nameOf(input)
      isOfMessages ||= name.type === "msg"
      this.#arrivals.push({ ...name, at, durable, decrypted: done?.kind === "decrypt" ? done.of : undefined, cpuMs })
    }
    this.#written = isDeferred ? undefined : isOfMessages ? "received" : "others"
    if (this.#written !== undefined) this.#writes[this.#written]++
  }

  carriesOut(effect: Effect): void {
    if (effect.kind !== "publish") return
    if (effect.message !== undefined && this.#written === "others") {
      this.#writes.others--
      this.#writes.sent++
      this.#written = "sent"
    }
    const { at: takenUp, done } = this.#current
    const encrypted = done?.kind === "encrypt" ? done.of : undefined
    this.#publications.push({
      ...nameOf(effect),
      bytes: effect.data.length,
      takenUp,
      at: monotonic(),
      encrypted,
    })
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
