import { assertNever, type Bytes } from "@starling/kernel"
import {
  accept,
  addContact,
  answered,
  contactLink,
  createGroup,
  createIdentity,
  eraseSuperseded,
  gossip,
  groupDetail,
  groups,
  heal,
  invite,
  judge,
  leave,
  openPeer,
  ownIdentity,
  published,
  readHistory,
  remove,
  requested,
  send,
  setPolicy,
  setRole,
  start,
  wake,
  type Effect,
  type Env,
  type GroupDetailView,
  type Notification,
  type Outcome,
  type PeerOptions,
  type PeerState,
  type RequestOutcome,
  type ShownMessage,
  type Step,
} from "@starling/messenger"
import { EQUALS, type Policy, type Role } from "@starling/messenger/parts"
import { StoreError, type Write } from "@starling/messenger/ports"
import type { CiphersuiteId } from "@starling/mls"

import { MemoryStore } from "./memory-store.ts"
import { envOf, seededDraw } from "./seeded.ts"
import type { World } from "./world.ts"

/** A refused write that would be missed is tried again after so many milliseconds. */
const RETRY_AFTER = 1_000

/**
 * Where a crash strikes in the step that it interrupts: before its rows are written, once they are and before anything is
 * published, or when half of its effects are out.
 */
export type CrashPoint = "before the commit" | "after the commit" | "amid the effects"

type Act = (state: PeerState, env: Env) => Step

/** Somebody with a device: what a daemon is around the messenger, on a simulated network and disk. */
export class Person {
  readonly world: World
  readonly name: string
  readonly store = new MemoryStore()
  readonly neighbours = new Set<Person>()
  readonly topics = new Set<string>()
  readonly notifications: Notification[] = []
  /** Of every request so far. */
  readonly tokens: string[] = []
  readonly #draw: (length: number) => Bytes
  readonly #options: PeerOptions
  readonly #rank: number
  /** Written with the next commit. */
  #deferred: readonly Write[] = []
  /** The process that runs: what an earlier one began ends with it. */
  #life = 0
  #wakeAt: number | undefined
  clockOffset: number
  state: PeerState
  peerId: string
  identity: string
  /** Cipher suites that this device speaks, and first that of groups that it creates. */
  suites: readonly CiphersuiteId[] = [1]
  /** False while the device is switched off. */
  isUp = true
  upSince: number
  /** Milliseconds that everything to and from this device takes longer. */
  slowness = 0
  /** Crashes in the step that makes this many more commits; what it wanted to do then is lost. */
  crashAfter = Infinity
  crashPoint: CrashPoint = "after the commit"
  crashes = 0
  /** Keeps the keys that its program would erase: a thief, or a member who hoards. */
  hoards = false
  /** To how many neighbours each own message was written, at most. */
  readonly #reached = new Map<string, number>()
  /** Sees every effect before it is carried out. */
  overheard: (effect: Effect) => void = () => undefined

  constructor(world: World, name: string, seed: string, clockOffset: number, options: PeerOptions, rank: number) {
    this.#options = options
    this.#rank = rank
    this.world = world
    this.name = name
    this.clockOffset = clockOffset
    this.upSince = world.now
    this.#draw = seededDraw(seed)
    const step = createIdentity(this.env(), options)
    this.state = step.state
    this.store.commit(step.writes)
    const own = ownIdentity(this.state)
    this.peerId = own.peerId
    this.identity = own.identity
    this.insist((state, env) => start(state, env))
  }

  env(): Env {
    const random = { draw: (length: number) => this.#draw(length) }
    return envOf(random, this.world.now + this.clockOffset, this.store, this.suites)
  }

  /** An input from outside. Where the disk refuses it, it is as if it had never arrived, and the return value is false. */
  input(act: Act): boolean {
    if (!this.isUp) return false
    try {
      this.#perform(act(this.state, this.env()))
      return true
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      return false
    }
  }

  /** An input that would be missed for good: repeated while the disk refuses it and it `isMissed`. */
  insist(act: Act, isMissed = (): boolean => true): void {
    if (!this.isUp) return
    const life = this.#life
    try {
      this.#perform(act(this.state, this.env()))
    } catch (error) {
      if (!(error instanceof StoreError)) throw error
      this.world.after(RETRY_AFTER, () => {
        if (this.#life === life && isMissed()) this.insist(act, isMissed)
      })
    }
  }

  verb<T>(act: (state: PeerState, env: Env) => Outcome<T>): T {
    const outcome = act(this.state, this.env())
    if (outcome.kind === "refused") throw new Error(`${this.name}: ${outcome.code}: ${outcome.message}`)
    this.#perform(outcome)
    return outcome.result
  }

  // what people do

  link(): string {
    return contactLink(this.state, [`/memory/${this.name}`])
  }

  knows(...others: readonly Person[]): void {
    for (const other of others) this.verb((state, env) => addContact(state, other.link(), env))
  }

  /** Of equals, unless `policy` says otherwise. */
  createGroup(name = "friends", policy: Policy = EQUALS): string {
    return this.verb((state, env) => createGroup(state, name, env, policy)).group
  }

  invite(group: string, other: Person): void {
    this.verb((state, env) => invite(state, group, other.identity, env))
  }

  accept(group: string): void {
    this.verb((state, env) => accept(state, group, env))
  }

  send(group: string, text: string): string {
    return this.verb((state, env) => send(state, group, text, env)).id
  }

  heal(group: string): void {
    this.verb((state, env) => heal(state, group, env))
  }

  remove(group: string, other: Person): void {
    this.verb((state, env) => remove(state, group, other.identity, env))
  }

  giveRole(group: string, other: Person, role: Role): void {
    this.verb((state, env) => setRole(state, group, other.identity, role, env))
  }

  setPolicy(group: string, policy: Policy): void {
    this.verb((state, env) => setPolicy(state, group, policy, env))
  }

  leave(group: string): void {
    this.verb((state, env) => leave(state, group, env))
  }

  // what a screen shows

  detail(group: string): GroupDetailView {
    const detail = groupDetail(this.state, group, this.env())
    if (detail === undefined) throw new Error(`${this.name} does not show that group`)
    return detail
  }

  phase(group: string): string | undefined {
    return groups(this.state).find((each) => each.group === group)?.state
  }

  memberNames(group: string): string[] {
    const byIdentity = new Map([...this.world.people.values()].map((person) => [person.identity, person.name]))
    return this.detail(group)
      .members.map(({ identity }) => byIdentity.get(identity) ?? "?")
      .sort()
  }

  messages(group: string): readonly ShownMessage[] {
    return readHistory(this.store, group, { limit: 100_000 })
  }

  /** Neighbours that an own message was written to at one time, as the network has it. */
  reached(id: string): number {
    return this.#reached.get(id) ?? 0
  }

  texts(group: string): string[] {
    return this.messages(group)
      .map(({ text }) => text)
      .sort()
  }

  troubles(): string[] {
    return this.notifications.flatMap((event) => (event.kind === "trouble" ? [event.text] : []))
  }

  // what happens to a device

  /** The process dies and starts again from its store at once: what was deferred is lost. */
  restart(): void {
    const neighbours = [...this.neighbours]
    this.stop()
    this.boot()
    this.world.after(50, () => {
      for (const other of neighbours) this.world.connect(this, other)
    })
  }

  /** The process dies, and with it every connection. */
  stop(): void {
    this.#life++
    this.isUp = false
    this.#deferred = []
    this.#wakeAt = undefined
    this.world.goOffline(this)
  }

  /** A new process starts from the store. */
  boot(): void {
    this.isUp = true
    this.upSince = this.world.now
    const opened = openPeer(this.store, this.env(), this.#options)
    if (opened.kind !== "open") throw new Error("the identity is gone")
    if (opened.writes.length > 0) this.store.commit(opened.writes)
    this.state = opened.state
    this.topics.clear()
    this.insist((state, env) => start(state, env))
  }

  receiveGossip(topic: string, data: Bytes, from: Person): void {
    if (!this.topics.has(topic) || !this.world.areConnected(this, from)) return
    const verdict = judge(this.state, topic, data, this.env())
    if (verdict === "reject") this.world.rejected.push(`${this.name} < ${from.name}`)
    if (verdict !== "accept") return
    this.input((state, env) => gossip(state, topic, data, from.peerId, env))
  }

  #perform(step: Step): void {
    const crash = step.writes.length > 0 && --this.crashAfter <= 0 ? this.crashPoint : undefined
    if (crash !== undefined) this.crashAfter = Infinity
    if (crash === "before the commit") return this.#crash()
    const writes = this.#deferred.length === 0 ? step.writes : [...this.#deferred, ...step.writes]
    if (!step.deferrable && writes.length > 0) this.store.commit(writes)
    this.#deferred = step.deferrable ? writes : []
    const before = this.state
    for (const watch of this.world.watchers) watch(this, before, step)
    if (crash === "after the commit") return this.#crash()
    if (!this.hoards) eraseSuperseded(before, step.state)
    this.state = step.state
    this.#sleep(step.wakeAt)
    const effects = crash === undefined ? step.effects : step.effects.slice(0, step.effects.length / 2)
    for (const effect of effects) this.#carryOut(effect)
    if (crash !== undefined) this.#crash()
  }

  #crash(): void {
    this.crashes++
    this.restart()
  }

  #sleep(wakeAt: number | undefined): void {
    if (this.#wakeAt !== undefined && wakeAt === this.#wakeAt + this.clockOffset) return
    this.#wakeAt = wakeAt === undefined ? undefined : wakeAt - this.clockOffset
    if (this.#wakeAt === undefined) return
    const at = this.#wakeAt
    this.world.wakeAt(at, this.#rank, () => {
      if (this.#wakeAt !== at) return
      this.#wakeAt = undefined
      this.insist((state, env) => wake(state, env))
    })
  }

  #carryOut(effect: Effect): void {
    this.overheard(effect)
    switch (effect.kind) {
      case "subscribe":
        this.topics.add(effect.topic)
        return
      case "unsubscribe":
        this.topics.delete(effect.topic)
        return
      case "publish":
        this.#publish(effect)
        return
      case "request":
        this.#request(effect)
        return
      case "dial":
        return
      case "notify":
        this.notifications.push(effect.event)
        return
      default:
        assertNever(effect)
    }
  }

  #publish({ topic, data, message }: Extract<Effect, { kind: "publish" }>): void {
    const { world } = this
    let reached = 0
    for (const other of world.people.values()) {
      if (!this.neighbours.has(other) || !other.topics.has(topic)) continue
      reached++
      for (let copies = this.#copies(); copies > 0; copies--)
        world.after(this.#delayTo(other), () => other.receiveGossip(topic, data, this))
    }
    if (message === undefined) return
    this.#reached.set(message.id, Math.max(reached, this.reached(message.id)))
    const life = this.#life
    world.after(1, () => {
      if (this.#life === life) this.input((state, env) => published(state, message, reached, env))
    })
  }

  #copies(): number {
    const { dice, weather } = this.world
    if (dice.chance(weather.loss)) return 0
    return dice.chance(weather.duplication) ? 2 : 1
  }

  #request({ token, peerId, protocol, payload }: Extract<Effect, { kind: "request" }>): void {
    const { world } = this
    this.tokens.push(token)
    const life = this.#life
    const end = (outcome: RequestOutcome): void => {
      if (this.#life === life) this.insist((state, env) => answered(state, token, outcome, env))
    }
    const fail = (): void => end({ kind: "failed", why: "gone" })
    const other = [...this.neighbours].find((each) => each.peerId === peerId)
    world.after(this.#delayTo(other), () => {
      if (other === undefined || !world.areConnected(this, other)) return fail()
      const otherLife = other.#life
      let answer: Bytes | undefined
      const isTaken = other.input((state, env) => {
        const step = requested(state, protocol, payload, this.peerId, env)
        answer = step.answer
        return step
      })
      const bytes = isTaken ? answer : undefined
      world.after(this.#delayTo(other), () => {
        if (bytes === undefined || other.#life !== otherLife || !world.areConnected(this, other)) return fail()
        end({ kind: "answer", payload: bytes })
      })
    })
  }

  #delayTo(other: Person | undefined): number {
    return this.world.delay() + this.slowness + (other?.slowness ?? 0)
  }
}
