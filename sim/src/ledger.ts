import type { Bytes } from "@starling/kernel"
import {
  accept,
  changeSettings,
  heal,
  holdsMessage,
  invite,
  leave,
  markRead,
  remove,
  send,
  setPolicy,
  setRole,
  type PeerState,
  type Step,
} from "@starling/messenger"
import { precedes, type Group, type KnownOperation, type Policy, type Role } from "@starling/messenger/parts"

import { attempt } from "./attempt.ts"
import { adoptedOfRemoved, reorgDepth } from "./branch-moves.ts"
import { BUCKET_OF_CIPHERTEXTS, groupOf, isOut } from "./group-of.ts"
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
  /** As its author keeps it, and whoever received it. */
  readonly sealed: Bytes | undefined
}

/** A device went back to a backup: what happened to it between the two it has forgotten. */
export interface Restore {
  readonly backedUpAt: number
  readonly restoredAt: number
  /** Of its notifications, those that it was told before the backup, and before the restore. */
  readonly told: { readonly before: number; readonly until: number }
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
  readonly restores = new Map<Person, Restore[]>()
  /** What was on somebody's screen at some time: a device may go back to a backup, and those whom it told remember. */
  readonly #shown = new Map<Person, Set<string>>()
  /** What somebody first saw while authors were to know of it, and while they were not, by what their device remembers. */
  readonly #read = new Map<Person, Set<string>>()
  readonly #readQuietly = new Map<Person, Set<string>>()
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

  giveRole(by: Person, whom: Person, role: Role): void {
    attempt(by, (state, env) => setRole(state, this.#group, whom.identity, role, env))
  }

  setPolicy(by: Person, policy: Policy): void {
    attempt(by, (state, env) => setPolicy(state, this.#group, policy, env))
  }

  /** Somebody looks at all that is there, and lets its authors know where receipts are on. */
  read(person: Person): void {
    if (!person.isUp || groupOf(person, this.#group) === undefined) return
    const [read, quietly] = [setOf(this.#read, person), setOf(this.#readQuietly, person)]
    const { receipts } = person.state.durable.settings
    for (const { id } of person.messages(this.#group))
      if (!receipts && !read.has(id)) quietly.add(id)
      else if (!quietly.has(id)) read.add(id)
    attempt(person, (state, env) => markRead(state, this.#group, env))
  }

  setReceipts(person: Person, receipts: boolean): void {
    attempt(person, (state, env) => changeSettings(state, { receipts }, env))
  }

  /** How long somebody keeps ciphertexts for others, in milliseconds. */
  keepFor(person: Person, keepFor: number): void {
    attempt(person, (state, env) => changeSettings(state, { keepFor }, env))
  }

  noteRestore(person: Person, restore: Restore): void {
    this.#readQuietly.delete(person)
    this.restores.set(person, [...(this.restores.get(person) ?? []), restore])
  }

  /** Notes what is on a screen before its device forgets it. */
  noteShown(person: Person): void {
    const shown = setOf(this.#shown, person)
    for (const id of groupOf(person, this.#group)?.shown ?? [])
      if (holdsMessage(person.store, this.#group, id)) shown.add(id)
  }

  /** Whether a message is on somebody's disk, or once was. */
  hasShown(person: Person, id: string): boolean {
    const shown = setOf(this.#shown, person)
    if (!shown.has(id) && holdsMessage(person.store, this.#group, id)) shown.add(id)
    return shown.has(id)
  }

  hasRead(person: Person, id: string): boolean {
    return this.#read.get(person)?.has(id) ?? false
  }

  /** Whether a device has forgotten what happened to it at this time. */
  hasForgotten(person: Person, at: number): boolean {
    return (this.restores.get(person) ?? []).some(({ backedUpAt, restoredAt }) => backedUpAt <= at && at <= restoredAt)
  }

  /** Each time that a device encrypted a message. */
  copiesOf({ author, id }: Pick<AcceptedMessage, "author" | "id">): Copy[] {
    const copies = this.copies.get(author.state.durable.own.device)?.values() ?? []
    return [...copies].filter((copy) => copy.id === id)
  }

  #checkGate(author: Person, sid: string): void {
    const group = groupOf(author, this.#group)
    const roster = group?.forest.get(sid)?.roster ?? []
    for (const device of roster)
      if (device !== undefined && group !== undefined && isOut(group, device.identity))
        this.removalsIgnored.push(`${author.name} wrote to somebody whose removal it knew`)
  }

  #noteCopies(person: Person, { sent }: Group, writes: Step["writes"]): void {
    const { device } = person.state.durable.own
    const known = this.copies.get(device) ?? new Map<string, Copy>()
    const kept = new Map(
      writes.flatMap((write) =>
        write.kind === "put" && write.bucket === BUCKET_OF_CIPHERTEXTS ? [[write.key, write.value] as const] : [],
      ),
    )
    for (const { id, copies } of sent)
      for (const { seq, sid } of copies) {
        const name = `${seq} ${id}`
        const sealed = kept.get(`${device}:${seq}`)
        if (!known.has(name)) known.set(name, { id, seq, sid, sealed: sealed && new Uint8Array(sealed) })
      }
    this.copies.set(device, known)
  }

  #watch(person: Person, before: PeerState, { state, writes }: Step): void {
    const [was, is] = [before.durable.groups.get(this.#group), state.durable.groups.get(this.#group)]
    if (is === undefined || was === is) return
    if (was?.forest.size !== is.forest.size)
      for (const sid of is.forest.keys()) if (!this.bornAt.has(sid)) this.bornAt.set(sid, this.#world.now)
    if (was?.sent !== is.sent) this.#noteCopies(person, is, writes)
    if (was === undefined) return
    if (was.phase !== is.phase && (is.phase === "removed" || is.phase === "left"))
      this.outAt.set(person, this.#world.now)
    if (was.live === is.live || !this.#honest.has(person)) return
    this.maxReorg = Math.max(this.maxReorg, reorgDepth(is.forest, was.live, is.live))
    const followed = isOut(was, person.identity) ? undefined : adoptedOfRemoved(was, is, person.identity)
    if (followed !== undefined) this.removalsIgnored.push(`${person.name} followed a commit of somebody removed`)
  }
}

function setOf<K>(sets: Map<K, Set<string>>, key: K): Set<string> {
  const known = sets.get(key) ?? new Set<string>()
  sets.set(key, known)
  return known
}
