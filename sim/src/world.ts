import { connected, disconnected, setName, type PeerOptions, type PeerState, type Step } from "@starling/messenger"

import { Agenda } from "./agenda.ts"
import { Person } from "./person.ts"
import { Dice } from "./seeded.ts"

export interface Weather {
  /** Chance that one publication does not reach one neighbour. */
  readonly loss: number
  readonly duplication: number
  /** Greatest delay of a publication or an answer, in milliseconds: what is sent later may come sooner. */
  readonly delay: number
}
export const FAIR: Weather = { loss: 0, duplication: 0, delay: 30 }

/** Sees every step that was taken, before its effects are carried out. */
export type Watcher = (person: Person, before: PeerState, step: Step) => void

/** People on a simulated network with virtual time: the same seed gives the same story. */
export class World {
  readonly dice: Dice
  readonly people = new Map<string, Person>()
  weather: Weather = FAIR
  now = 1_800_000_000_000
  readonly rejected: string[] = []
  readonly watchers: Watcher[] = []
  readonly #seed: number
  readonly #agenda = new Agenda<() => void>()
  #count = 0

  constructor(seed: number, weather: Weather = FAIR) {
    this.dice = new Dice(seed)
    this.#seed = seed
    this.weather = weather
  }

  person(name: string, clockOffset = 0, options: PeerOptions = {}): Person {
    const person = new Person(this, name, `${this.#seed} ${name}`, clockOffset, options, ++this.#count)
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
    if (a === b || !a.isUp || !b.isUp || this.areConnected(a, b)) return
    a.neighbours.add(b)
    b.neighbours.add(a)
    const link = (to: Person): Parameters<typeof connected>[1] => {
      return { peerId: to.peerId, address: `/memory/${to.name}`, since: this.now }
    }
    a.insist(
      (state, env) => connected(state, { ...link(b), since: env.now }, env),
      () => this.areConnected(a, b),
    )
    b.insist(
      (state, env) => connected(state, { ...link(a), since: env.now }, env),
      () => this.areConnected(a, b),
    )
  }

  disconnect(a: Person, b: Person): void {
    if (!a.neighbours.delete(b)) return
    b.neighbours.delete(a)
    a.insist(
      (state, env) => disconnected(state, b.peerId, env),
      () => !this.areConnected(a, b),
    )
    b.insist(
      (state, env) => disconnected(state, a.peerId, env),
      () => !this.areConnected(a, b),
    )
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
    for (const other of person.neighbours) this.disconnect(person, other)
  }

  areConnected(a: Person, b: Person): boolean {
    return a.neighbours.has(b)
  }

  after(delay: number, act: () => void): void {
    this.#agenda.add(this.now + delay, act)
  }

  /** What is due at a moment happens before anybody wakes at it. */
  wakeAt(at: number, rank: number, act: () => void): void {
    this.#agenda.add(at, act, rank)
  }

  delay(): number {
    return 1 + this.dice.below(Math.max(1, this.weather.delay))
  }

  /** Lets `milliseconds` pass: everything that is due happens, in order. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds
    while (this.#agenda.next <= end) {
      this.now = Math.max(this.now, this.#agenda.next)
      this.#agenda.take()?.()
    }
    this.now = end
  }
}
