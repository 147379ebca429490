import { accept, heal, holdsMessage, invite, leave, remove, send, type PeerState, type Step } from "@starling/messenger"
import { precedes, type Group, type KnownOperation } from "@starling/messenger/parts"

import { attempt } from "./attempt.ts"
import { adoptedOfRemoved, reorgDepth } from "./branch-moves.ts"
import { groupOf, isOut } from "./group-of.ts"
import type { Person } from "./person.ts"
import type { World } from "./world.ts"

/** A message that its author's device took over: it is on that device's disk. */
export interface AcceptedMessage {
  readonly id: string
  readonly text: string
  readonly author: Person
  /** The state that it was first encrypted in. */
  readonly sid: string
  /** The number that it has in its author's log of messages. */
  readonly seq: number
  readonly at: number
}

/** Once that a message was encrypted. */
export interface Copy {
  readonly id: string
  readonly seq: number
  readonly sid: string
}

/** A removal by the founder, whom nobody removes: nothing can make it void. */
export interface Removal {
  readonly of: Person
  readonly op: string
  /** A member of bad faith has asked for the removed one again, and may have known of it. */
  lifted: boolean
}

/** What people asked for and got, and what went wrong on the way: the truth that the end is compared with. */
export class Ledger {
  readonly messages: AcceptedMessage[] = []
  readonly removals: Removal[] = []
  /** When each state came to be. */
  readonly bornAt = new Map<string, number>()
  /** When somebody last was out of the group, and deleted its keys. */
  readonly outAt = new Map<Person, number>()
  /** When somebody's device went back to a backup. */
  readonly restoredAt = new Map<Person, number>()
  /** Under which numbers each device's messages went out, and in which states: kept though the device goes back to a backup. */
  readonly copies = new Map<string, Map<string, Copy>>()
  /** Words sent to somebody whose removal the sender knew, and commits of such a one that were followed. */
  readonly removalsIgnored: string[] = []
  maxReorg = 0
  readonly #world: World
  readonly #group: string
  readonly #honest: ReadonlySet<Person>
  #count = 0

  constructor(world: World, group: string, honest: ReadonlySet<Person>) {
    this.#world = world
    this.#group = group
    this.#honest = honest
    world.watchers.push((person, before, step) => this.#watch(person, before, step))
  }

  accept(person: Person): void {
    attempt(person, (state, env) => accept(state, this.#group, env))
  }

  say(author: Person): void {
    const text = `${author.name} says ${++this.#count}`
    const id = attempt(author, (state, env) => send(state, this.#group, text, env))?.id
    // A crash in this very step may have left it on the disk or not.
    if (id === undefined || !holdsMessage(author.store, this.#group, id)) return
    const copy = groupOf(author, this.#group)?.sent.find((sent) => sent.id === id)?.copies[0]
    if (copy === undefined) return
    this.messages.push({ id, text, author, ...copy, at: this.#world.now })
    if (this.#honest.has(author)) this.#checkGate(author, copy.sid)
  }

  heal(person: Person): void {
    attempt(person, (state, env) => heal(state, this.#group, env))
  }

  invite(by: Person, whom: Person): void {
    attempt(by, (state, env) => invite(state, this.#group, whom.identity, env))
  }

  /**
   * The removals that nobody has taken back: by asking for the removed one again with the removal in what the asking builds on. A
   * newcomer builds on what it was told at its entry, which it may not have read yet.
   */
  removalsInForce({ operations, membership }: Group): Removal[] {
    const honest = new Set(Array.from(this.#honest, ({ identity }) => identity))
    const additions = [...operations.values()].filter(({ author }) => honest.has(author))
    return this.removals.filter(({ of, op, lifted }) => {
      const isOfIt = ({ author, change }: KnownOperation): boolean =>
        change.kind === "add" && change.device.identity === of.identity && author !== of.identity
      return !lifted && !additions.some((each) => isOfIt(each) && precedes(membership.pasts, op, each.hash))
    })
  }

  /** A member of bad faith asked for somebody, and may have known of every removal. */
  lift(whom: Person): void {
    for (const removal of this.removals) if (removal.of === whom) removal.lifted = true
  }

  remove(by: Person, whom: Person, isFounder: boolean): void {
    const before = groupOf(by, this.#group)?.operations
    attempt(by, (state, env) => remove(state, this.#group, whom.identity, env))
    const op = [...(groupOf(by, this.#group)?.operations.values() ?? [])].find(
      ({ hash, change }) => before?.has(hash) !== true && change.kind === "remove" && change.identity === whom.identity,
    )
    if (op !== undefined && isFounder) this.removals.push({ of: whom, op: op.hash, lifted: false })
  }

  leave(person: Person): void {
    attempt(person, (state, env) => leave(state, this.#group, env))
  }

  #checkGate(author: Person, sid: string): void {
    const group = groupOf(author, this.#group)
    const roster = group?.forest.get(sid)?.roster ?? []
    for (const device of roster)
      if (device !== undefined && group !== undefined && isOut(group, device.identity))
        this.removalsIgnored.push(`${author.name} wrote to somebody whose removal it knew`)
  }

  #noteCopies(person: Person, { sent }: Group): void {
    const { device } = person.state.durable.own
    const known = this.copies.get(device) ?? new Map<string, Copy>()
    for (const { id, copies } of sent) for (const { seq, sid } of copies) known.set(`${seq} ${id}`, { id, seq, sid })
    this.copies.set(device, known)
  }

  #watch(person: Person, before: PeerState, { state }: Step): void {
    const [was, is] = [before.durable.groups.get(this.#group), state.durable.groups.get(this.#group)]
    if (is === undefined || was === is) return
    if (was?.forest.size !== is.forest.size)
      for (const sid of is.forest.keys()) if (!this.bornAt.has(sid)) this.bornAt.set(sid, this.#world.now)
    if (was?.sent !== is.sent) this.#noteCopies(person, is)
    if (was === undefined) return
    if (was.phase !== is.phase && (is.phase === "removed" || is.phase === "left"))
      this.outAt.set(person, this.#world.now)
    if (was.live === is.live || !this.#honest.has(person)) return
    this.maxReorg = Math.max(this.maxReorg, reorgDepth(is.forest, was.live, is.live))
    const followed = isOut(was, person.identity) ? undefined : adoptedOfRemoved(was, is, person.identity)
    if (followed !== undefined) this.removalsIgnored.push(`${person.name} followed a commit of somebody removed`)
  }
}
