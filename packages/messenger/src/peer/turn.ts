import type { Milliseconds } from "@starling/kernel"
import type { CryptoProvider, GroupState, KeyPackage, MlsContext } from "@starling/mls"

import type { Group } from "../group/group.ts"
import { NO_WORK, type GroupWork } from "../group/group-work.ts"
import type { OwnIdentity } from "../identity/own-identity.ts"
import type { PeerId } from "../identity/peer-id.ts"
import type { GroupDelivery } from "../message/group-delivery.ts"
import type { Write } from "../ports/store.ts"
import type { MessengerProtocol } from "../ports/transport.ts"
import { withClock } from "./clock-set-back.ts"
import { finishTurn } from "./finish-turn.ts"
import type { PendingRequest } from "./pending-request.ts"
import type { DurableState, PeerState } from "./state.ts"
import { mlsOf } from "./suites.ts"
import type { Effect, Env, MlsOperation, Notification, Outcome, Refusal, RefusalCode, Step } from "./step.ts"

/** One step in the making: the state as it stands by now, and what has been decided. Lives within one call. */
export class Turn {
  readonly before: PeerState
  readonly env: Env
  readonly writes: Write[] = []
  readonly effects: Effect[] = []
  state: PeerState

  constructor(state: PeerState, env: Env) {
    this.before = state
    this.state = withClock(state, env.now)
    this.env = env
  }

  get now(): Milliseconds {
    return this.env.now
  }

  get crypto(): CryptoProvider {
    return this.env.mls.crypto
  }

  /** MLS in the suite of a group. */
  mlsOf(state: Pick<GroupState | KeyPackage, "ciphersuite">): MlsContext {
    return mlsOf(this.env.suites, state)
  }

  /** Runs an operation of MLS so that it can be measured. */
  operate<T>(
    kind: MlsOperation["kind"],
    of: MlsOperation["of"],
    state: Pick<GroupState | KeyPackage, "ciphersuite">,
    run: (mls: MlsContext) => T,
  ): T {
    const mls = this.mlsOf(state)
    const { measure } = this.env
    return measure === undefined ? run(mls) : measure({ kind, of, suite: mls.crypto.suite.id }, () => run(mls))
  }

  get own(): OwnIdentity {
    return this.state.durable.own
  }

  group(uuid: string): Group {
    const group = this.state.durable.groups.get(uuid)
    if (group === undefined) throw new RangeError("a group that this device does not have")
    return group
  }

  work(uuid: string): GroupWork {
    return this.state.work.get(uuid) ?? NO_WORK
  }

  setDurable(change: Partial<DurableState>): void {
    this.state = { ...this.state, durable: { ...this.state.durable, ...change } }
  }

  putGroup(group: Group): void {
    this.setDurable({ groups: new Map(this.state.durable.groups).set(group.uuid, group) })
  }

  changeGroup(uuid: string, change: Partial<Group>): Group {
    const group = { ...this.group(uuid), ...change }
    this.putGroup(group)
    return group
  }

  changeDelivery(uuid: string, change: Partial<GroupDelivery>): Group {
    return this.changeGroup(uuid, { delivery: { ...this.group(uuid).delivery, ...change } })
  }

  changeWork(uuid: string, change: Partial<GroupWork>): void {
    this.state = { ...this.state, work: new Map(this.state.work).set(uuid, { ...this.work(uuid), ...change }) }
  }

  /** Has `settle` called for a group at `at`, or before. */
  wakeGroup(uuid: string, at: Milliseconds): void {
    const { dueAt } = this.work(uuid)
    if (dueAt === undefined || dueAt > at) this.changeWork(uuid, { dueAt: at })
  }

  request(protocol: MessengerProtocol, request: PendingRequest, payload: Uint8Array): void {
    const requestCount = this.state.requestCount + 1
    const token = `${protocol} ${requestCount}`
    this.state = { ...this.state, requestCount, requests: new Map(this.state.requests).set(token, request) }
    this.effects.push({ kind: "request", token, peerId: request.peerId, protocol, payload: new Uint8Array(payload) })
  }

  isConnected(peerId: PeerId): boolean {
    return this.state.links.has(peerId)
  }

  notify(event: Notification): void {
    this.effects.push({ kind: "notify", event })
  }
}

/** Runs one input from outside. */
export function takeTurn(state: PeerState, env: Env, act: (turn: Turn) => void): Step {
  const turn = new Turn(state, env)
  act(turn)
  return finishTurn(turn)
}

/** Runs what a person asked for; a refusal leaves everything as it was. */
export function takeVerb<T>(state: PeerState, env: Env, act: (turn: Turn) => T | Refusal): Outcome<T> {
  const turn = new Turn(state, env)
  const result = act(turn)
  return isRefusal(result) ? result : { ...finishTurn(turn), kind: "done", result }
}

export function refusal(code: RefusalCode, message: string): Refusal {
  return { kind: "refused", code, message }
}

export function isRefusal(value: unknown): value is Refusal {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "refused"
}
