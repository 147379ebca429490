import type { Bytes } from "@starling/kernel"
import {
  accept,
  addContact,
  answered,
  connected,
  contactLink,
  createGroup,
  createIdentity,
  disconnected,
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
  setName,
  start,
  wake,
  type Effect,
  type Env,
  type GroupDetailView,
  type Notification,
  type Outcome,
  type PeerOptions,
  type PeerState,
  type ShownMessage,
  type Step,
} from "@starling/messenger"

import { MemoryStore } from "./memory-store.ts"
import type { CiphersuiteId } from "@starling/mls"

import { Dice, envOf, seededDraw } from "./seeded.ts"
import type { Write } from "@starling/messenger/ports"

export interface Weather {
  /** Chance that one publication does not reach one neighbour. */
  readonly loss: number
  readonly duplication: number
  /** Greatest delay of a publication or an answer, in milliseconds. */
  readonly delay: number
}
export const FAIR: Weather = { loss: 0, duplication: 0, delay: 30 }

interface Due {
  readonly at: number
  readonly order: number
  readonly act: () => void
}

/** People on a simulated network with virtual time: the same seed gives the same story. */
export class World {
  readonly dice: Dice
  readonly people = new Map<string, Person>()
  weather: Weather = FAIR
  now = 1_800_000_000_000
  readonly links = new Set<string>()
  readonly rejected: string[] = []
  readonly #seed: number
  readonly #queue: Due[] = []
  #order = 0

  constructor(seed: number, weather: Weather = FAIR) {
    this.dice = new Dice(seed)
    this.#seed = seed
    this.weather = weather
  }

  person(name: string, clockOffset = 0, options: PeerOptions = {}): Person {
    const person = new Person(this, name, `${this.#seed} ${name}`, clockOffset, options)
    this.people.set(name, person)
    person.verb((state, env) => setName(state, name, env))
    return person
  }

  /** Connects everybody with everybody. */
  meetAll(): void {
    const all = [...this.people.values()]
    for (const a of all) for (const b of all) if (a.name < b.name) this.connect(a, b)
  }

  connect(a: Person, b: Person): void {
    if (a === b || this.links.has(linkName(a, b))) return
    this.links.add(linkName(a, b))
    a.input((state, env) => connected(state, { peerId: b.peerId, address: `/memory/${b.name}`, since: env.now }, env))
    b.input((state, env) => connected(state, { peerId: a.peerId, address: `/memory/${a.name}`, since: env.now }, env))
  }

  disconnect(a: Person, b: Person): void {
    if (!this.links.delete(linkName(a, b))) return
    a.input((state, env) => disconnected(state, b.peerId, env))
    b.input((state, env) => disconnected(state, a.peerId, env))
  }

  /** Only people of one side are connected with each other. */
  partition(...sides: readonly (readonly Person[])[]): void {
    const sideOf = (person: Person): number => sides.findIndex((side) => side.includes(person))
    const all = [...this.people.values()]
    for (const a of all)
      for (const b of all) {
        if (a.name >= b.name) continue
        if (sideOf(a) === sideOf(b) && sideOf(a) >= 0) this.connect(a, b)
        else this.disconnect(a, b)
      }
  }

  goOffline(person: Person): void {
    for (const other of this.people.values()) this.disconnect(person, other)
  }

  areConnected(a: Person, b: Person): boolean {
    return this.links.has(linkName(a, b))
  }

  after(delay: number, act: () => void): void {
    this.#queue.push({ at: this.now + delay, order: this.#order++, act })
  }

  delay(): number {
    return 1 + this.dice.below(Math.max(1, this.weather.delay))
  }

  /** Lets `milliseconds` pass: everything that is due happens, in order. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds
    for (;;) {
      this.#queue.sort((a, b) => a.at - b.at || a.order - b.order)
      const due = this.#queue[0]
      const sleeper = this.#nextSleeper()
      const at = Math.min(due?.at ?? Infinity, sleeper?.wakeAt ?? Infinity)
      if (at > end) break
      this.now = Math.max(this.now, at)
      if (due !== undefined && due.at <= at) {
        this.#queue.shift()
        due.act()
      } else if (sleeper !== undefined) {
        sleeper.wakeAt = undefined
        sleeper.input((state, env) => wake(state, env))
      }
    }
    this.now = end
  }

  #nextSleeper(): Person | undefined {
    let next: Person | undefined
    for (const person of this.people.values())
      if (person.wakeAt !== undefined && person.wakeAt < (next?.wakeAt ?? Infinity)) next = person
    return next
  }
}

export class Person {
  readonly world: World
  readonly name: string
  readonly store = new MemoryStore()
  readonly #draw: (length: number) => Bytes
  readonly #options: PeerOptions
  /** Written with the next commit. */
  #deferred: Write[] = []
  readonly topics = new Set<string>()
  readonly notifications: Notification[] = []
  clockOffset: number
  state: PeerState
  wakeAt: number | undefined
  peerId: string
  identity: string
  /** Cipher suites that this device speaks, and first that of groups that it creates. */
  suites: readonly CiphersuiteId[] = [1]
  /** Crashes after this many more commits; what the step wanted to do then is lost. */
  crashAfter = Infinity
  crashes = 0
  /** Sees every effect before it is carried out. */
  overheard: (effect: Effect) => void = () => undefined
  /** Of every request so far. */
  readonly tokens: string[] = []

  constructor(world: World, name: string, seed: string, clockOffset: number, options: PeerOptions) {
    this.#options = options
    this.world = world
    this.name = name
    this.clockOffset = clockOffset
    this.#draw = seededDraw(seed)
    const step = createIdentity(this.env(), options)
    this.state = step.state
    this.store.commit(step.writes)
    const own = ownIdentity(this.state)
    this.peerId = own.peerId
    this.identity = own.identity
    this.input((state, env) => start(state, env))
  }

  env(): Env {
    const random = { draw: (length: number) => this.#draw(length) }
    return envOf(random, this.world.now + this.clockOffset, this.suites)
  }

  input(act: (state: PeerState, env: Env) => Step): void {
    this.#perform(act(this.state, this.env()))
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

  createGroup(name = "friends"): string {
    return this.verb((state, env) => createGroup(state, name, env)).group
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

  texts(group: string): string[] {
    return this.messages(group)
      .map(({ text }) => text)
      .sort()
  }

  troubles(): string[] {
    return this.notifications.flatMap((event) => (event.kind === "trouble" ? [event.text] : []))
  }

  /** The process dies and starts again from its store: what was deferred is lost. */
  restart(): void {
    this.#deferred = []
    const opened = openPeer(this.store, this.env(), this.#options)
    if (opened.kind !== "open") throw new Error("the identity is gone")
    this.store.commit(opened.writes)
    const neighbours = [...this.world.people.values()].filter((other) => this.world.areConnected(this, other))
    for (const other of neighbours) this.world.disconnect(this, other)
    this.state = opened.state
    this.topics.clear()
    this.wakeAt = undefined
    this.input((state, env) => start(state, env))
    this.world.after(50, () => {
      for (const other of neighbours) this.world.connect(this, other)
    })
  }

  receiveGossip(topic: string, data: Bytes, from: Person): void {
    if (!this.topics.has(topic) || !this.world.areConnected(this, from)) return
    const verdict = judge(this.state, topic, data, this.env())
    if (verdict === "reject") this.world.rejected.push(`${this.name} < ${from.name}`)
    if (verdict !== "accept") return
    this.input((state, env) => gossip(state, topic, data, from.peerId, env))
  }

  #perform(step: Step): void {
    this.#deferred.push(...step.writes)
    if (!step.deferrable && this.#deferred.length > 0) this.store.commit(this.#deferred.splice(0))
    if (step.writes.length > 0 && --this.crashAfter <= 0) {
      this.crashAfter = Infinity
      this.crashes++
      this.restart()
      return
    }
    eraseSuperseded(this.state, step.state)
    this.state = step.state
    this.wakeAt = step.wakeAt === undefined ? undefined : step.wakeAt - this.clockOffset
    for (const effect of step.effects) this.#carryOut(effect)
  }

  #carryOut(effect: Effect): void {
    const { world } = this
    this.overheard(effect)
    switch (effect.kind) {
      case "subscribe":
        this.topics.add(effect.topic)
        return
      case "unsubscribe":
        this.topics.delete(effect.topic)
        return
      case "publish": {
        const { message } = effect
        let reached = 0
        for (const other of world.people.values()) {
          if (other === this || !world.areConnected(this, other) || !other.topics.has(effect.topic)) continue
          reached++
          const copies = world.dice.chance(world.weather.loss)
            ? 0
            : world.dice.chance(world.weather.duplication)
              ? 2
              : 1
          for (let i = 0; i < copies; i++)
            world.after(world.delay(), () => other.receiveGossip(effect.topic, effect.data, this))
        }
        if (message !== undefined)
          world.after(1, () => this.input((state, env) => published(state, message, reached, env)))
        return
      }
      case "request": {
        const other = [...world.people.values()].find(({ peerId }) => peerId === effect.peerId)
        const { token, protocol, payload } = effect
        this.tokens.push(token)
        const life = this.crashes
        const fail = (): void => {
          if (this.crashes === life)
            this.input((state, env) => answered(state, token, { kind: "failed", why: "gone" }, env))
        }
        world.after(world.delay(), () => {
          if (other === undefined || !world.areConnected(this, other)) return fail()
          const lives = other.crashes
          let answer: Bytes | undefined
          other.input((state, env) => {
            const step = requested(state, protocol, payload, this.peerId, other.store, env)
            answer = step.answer
            return step
          })
          world.after(world.delay(), () => {
            const bytes = answer
            if (bytes === undefined || other.crashes !== lives || !world.areConnected(this, other)) return fail()
            if (this.crashes === life)
              this.input((state, env) => answered(state, token, { kind: "answer", payload: bytes }, env))
          })
        })
        return
      }
      case "dial": {
        return
      }
      case "notify":
        this.notifications.push(effect.event)
        return
      default:
        throw new TypeError("an effect that the world does not know")
    }
  }
}

function linkName(a: Person, b: Person): string {
  return [a.name, b.name].sort().join("|")
}
