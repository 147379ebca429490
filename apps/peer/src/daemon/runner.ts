import { EntropyExhausted, PoolWriteFailed } from "@starling/entropy"
import { assertNever, type Bytes, type Milliseconds } from "@starling/kernel"
import {
  answered,
  connected,
  disconnected,
  gossip,
  judge,
  published,
  requested,
  eraseSuperseded,
  start,
  wake,
  type Effect,
  type Env,
  type Notification,
  type Outcome,
  type PeerState,
  type Refusal,
  type RequestOutcome,
  type Step,
  type Suites,
} from "@starling/messenger"
import {
  StoreError,
  TransportError,
  type DirectProtocol,
  type PeerLink,
  type Store,
  type Transport,
  type TransportEvents,
  type Write,
} from "@starling/messenger/ports"
import type { MlsContext } from "@starling/mls"
import type { ObservedInput, Observer } from "./observer.ts"

const REQUEST_PATIENCE: Milliseconds = 15_000
const DIAL_PATIENCE: Milliseconds = 10_000
/** After a failure of the disk; inputs that must not be lost are tried again. */
const RETRY_AFTER: Milliseconds = 1_000
const OTHER: ObservedInput = { kind: "other" }
const LONGEST_TIMER: Milliseconds = 2_147_483_647
/** Of what gossip brings: what takes longer lets others have their turn. */
const MOST_TOGETHER = 32

export interface RunnerOptions {
  readonly state: PeerState
  readonly mls: MlsContext
  readonly suites: Suites
  readonly reader: Pick<Store, "get" | "list">
  readonly transport: Transport
  readonly now: () => Milliseconds
  /**
   * Writes what `step` has to write, after the state `before`. Durable when it returns, but where the step is deferrable;
   * throws `StoreError` with nothing written.
   */
  readonly commit: (step: Step, before: PeerState) => void
  readonly notify: (event: Notification) => void
  readonly linksChanged: () => void
  /** What a peer's signed roots are answered with: they are the daemon's, not the messenger's. */
  readonly answerRoots: (payload: Bytes) => Bytes
  /** Something failed that nobody waits for: the world, or a defect that the bytes of a peer met. */
  readonly report: (error: unknown) => void
  /** Absent where nobody measures. */
  readonly observer?: Observer | undefined
}

interface GossipInput {
  readonly topic: string
  readonly data: Bytes
  readonly from: string
}

/**
 * Carries out what the messenger decides, one input after the other: first the writes, in one transaction, then the effects,
 * in order. Where the writes fail the step never happened: nothing is published or shown, and the state is the former one.
 */
export class Runner implements AsyncDisposable {
  readonly #options: RunnerOptions
  readonly #ended = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #gossip: GossipInput[] = []
  #state: PeerState
  #timer: NodeJS.Timeout | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#state = options.state
  }

  get state(): PeerState {
    return this.#state
  }

  env(): Env {
    const { mls, suites, reader, observer } = this.#options
    const env = { now: this.#options.now(), mls, suites, rows: reader }
    return observer === undefined ? env : { ...env, measure: observer.measure }
  }

  /** Subscribes and resumes what a former run left, then takes what the transport brings. */
  async start(): Promise<void> {
    this.#apply(start(this.#state, this.env()))
    await this.#options.transport.start(this.#events())
  }

  /** Does what a person asked for. Throws `StoreError`, `PoolWriteFailed` or `EntropyExhausted` with nothing changed. */
  act<T>(verb: (state: PeerState, env: Env) => Outcome<T>): { readonly kind: "done"; readonly result: T } | Refusal {
    this.#options.observer?.takesUp({ kind: "act" })
    const outcome = verb(this.#state, this.env())
    if (outcome.kind === "refused") return outcome
    this.#apply(outcome)
    return { kind: "done", result: outcome.result }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    clearTimeout(this.#timer)
    await Promise.allSettled(this.#running)
  }

  #apply(step: Step): void {
    this.#options.observer?.decided()
    this.#commit([step])
    this.#setTimer(step.wakeAt)
    for (const effect of step.effects) this.#carryOut(effect)
  }

  /** Steps that follow one another, in one commit. */
  #commit(steps: readonly Step[]): void {
    const last = steps.at(-1)
    if (last === undefined) return
    const together = {
      ...last,
      writes: steps.flatMap(({ writes }) => writes),
      deferrable: steps.every(({ deferrable }) => deferrable),
      effects: steps.flatMap(({ effects }) => effects),
    }
    this.#options.commit(together, this.#state)
    this.#options.observer?.durable(together.deferrable)
    for (const { state } of steps) {
      eraseSuperseded(this.#state, state)
      this.#state = state
    }
  }

  /**
   * What gossip brought at once, in one commit: one fsync for all of it. A step that reads rows which one before it writes
   * has that committed first.
   */
  #takeGossip(): void {
    const inputs = this.#gossip.splice(0, MOST_TOGETHER)
    if (this.#gossip.length > 0) setImmediate(() => this.#takeGossip())
    if (this.#ended.signal.aborted) return
    const done: Step[] = []
    let steps: Step[] = []
    const commit = (): void => {
      const written = steps
      steps = []
      this.#commit(written)
      done.push(...written)
    }
    const env = { ...this.env(), rows: readingAfter(this.#options.reader, () => steps, commit) }
    const { observer } = this.#options
    for (const { topic, data, from } of inputs) {
      this.#attempt(() => {
        observer?.takesUp({ kind: "gossip", topic, data })
        steps.push(gossip(steps.at(-1)?.state ?? this.#state, topic, data, from, env))
        observer?.decided()
      })
    }
    this.#attempt(commit)
    const last = done.at(-1)
    if (last !== undefined) this.#setTimer(last.wakeAt)
    for (const effect of done.flatMap(({ effects }) => effects)) this.#carryOut(effect)
  }

  #attempt(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#options.report(error)
    }
  }

  #events(): TransportEvents {
    return {
      connected: (link: PeerLink) => {
        const { peerId } = link
        const isMissed = (): boolean => this.#isLinked(peerId) && !this.#state.links.has(peerId)
        this.#insist(() => connected(this.#state, link, this.env()), isMissed)
        this.#options.linksChanged()
      },
      disconnected: (peerId: string) => {
        this.#insist(
          () => disconnected(this.#state, peerId, this.env()),
          () => !this.#isLinked(peerId),
        )
        this.#options.linksChanged()
      },
      gossip: (topic: string, data: Bytes, from: string) => this.#takeSoon({ topic, data, from }),
      request: async (protocol: DirectProtocol, payload: Bytes, from: string) => {
        try {
          if (protocol === "roots") return this.#options.answerRoots(payload)
          this.#options.observer?.takesUp(OTHER)
          const step = requested(this.#state, protocol, payload, from, this.env())
          this.#apply(step)
          return step.answer
        } catch (error) {
          this.#options.report(error)
          throw error
        }
      },
    }
  }

  /**
   * An input from outside. Where it fails it is as if it had never arrived, and anti-entropy brings it again. That holds for
   * defects too: bytes that one peer sent must not end the conversation with the others.
   */
  #take(input: () => Step): void {
    if (this.#ended.signal.aborted) return
    this.#options.observer?.takesUp(OTHER)
    this.#attempt(() => this.#apply(input()))
  }

  /** As `#take`, together with what comes meanwhile. */
  #takeSoon(input: GossipInput): void {
    if (this.#gossip.push(input) === 1) setImmediate(() => this.#takeGossip())
  }

  /** An input that would be missed for good: repeated while the world refuses it and it `isMissed`. */
  #insist(input: () => Step, isMissed = (): boolean => true): void {
    if (this.#ended.signal.aborted) return
    this.#options.observer?.takesUp(OTHER)
    try {
      this.#apply(input())
    } catch (error) {
      this.#options.report(error)
      if (!isWorldsFault(error)) return
      setTimeout(() => {
        if (isMissed()) this.#insist(input, isMissed)
      }, RETRY_AFTER).unref()
    }
  }

  #isLinked(peerId: string): boolean {
    return this.#options.transport.links().some((link) => link.peerId === peerId)
  }

  #setTimer(wakeAt: Milliseconds | undefined): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (wakeAt === undefined || this.#ended.signal.aborted) return
    const delay = Math.min(Math.max(wakeAt - this.#options.now(), 0), LONGEST_TIMER)
    this.#timer = setTimeout(() => this.#insist(() => wake(this.#state, this.env())), delay)
  }

  #carryOut(effect: Effect): void {
    const { transport, observer } = this.#options
    observer?.carriesOut(effect)
    switch (effect.kind) {
      case "subscribe":
        transport.subscribe(effect.topic, (data) => judge(this.#state, effect.topic, data, this.env()))
        return
      case "unsubscribe":
        transport.unsubscribe(effect.topic)
        return
      case "publish":
        this.#track(this.#publish(effect))
        return
      case "request":
        this.#track(this.#request(effect))
        return
      case "dial":
        this.#track(this.#dial(effect))
        return
      case "notify":
        this.#options.notify(effect.event)
        return
      default:
        assertNever(effect)
    }
  }

  async #publish({ topic, data, message }: Extract<Effect, { kind: "publish" }>): Promise<void> {
    const reached = await this.#options.transport.publish(topic, data).catch(onlyTransportErrors)
    if (message !== undefined) this.#take(() => published(this.#state, message, reached ?? 0, this.env()))
  }

  async #request({ token, peerId, protocol, payload }: Extract<Effect, { kind: "request" }>): Promise<void> {
    const outcome = await this.#options.transport
      .request(peerId, protocol, payload, this.#patience(REQUEST_PATIENCE))
      .then(
        (answer): RequestOutcome => ({ kind: "answer", payload: answer }),
        (error: unknown): RequestOutcome => {
          onlyTransportErrors(error)
          return { kind: "failed", why: error instanceof Error ? error.message : "unreachable" }
        },
      )
    this.#insist(() => answered(this.#state, token, outcome, this.env()))
  }

  async #dial({ peerId, addresses }: Extract<Effect, { kind: "dial" }>): Promise<void> {
    await this.#options.transport.dial(peerId, addresses, this.#patience(DIAL_PATIENCE)).catch(onlyTransportErrors)
  }

  #patience(patience: Milliseconds): AbortSignal {
    return AbortSignal.any([this.#ended.signal, AbortSignal.timeout(patience)])
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
  }
}

/** Reads what is in the store by then: `commit` is called first where one of `steps` writes to the same partition. */
function readingAfter(reader: Env["rows"], steps: () => readonly Step[], commit: () => void): Env["rows"] {
  const settle = (bucket: string, partition: string): void => {
    const isWritten = (write: Write): boolean => write.bucket === bucket && write.partition === partition
    if (steps().some(({ writes }) => writes.some(isWritten))) commit()
  }
  return {
    get(bucket, partition, key) {
      settle(bucket, partition)
      return reader.get(bucket, partition, key)
    },
    list(bucket, partition, range) {
      settle(bucket, partition)
      return reader.list(bucket, partition, range)
    },
  }
}

/** What the world does to a message on its way is expected; anything else is a defect, and surfaces. */
function onlyTransportErrors(error: unknown): undefined {
  if (error instanceof TransportError || isAbort(error)) return undefined
  throw error
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error.name === "TimeoutError")
}

function isWorldsFault(error: unknown): boolean {
  return error instanceof StoreError || error instanceof PoolWriteFailed || error instanceof EntropyExhausted
}
