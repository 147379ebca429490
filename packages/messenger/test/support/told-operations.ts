import {
  EQUALS,
  resolveMembership,
  type Change,
  type KnownOperation,
  type Policy,
  type Role,
} from "@starling/messenger/parts"

import { person } from "./devices.ts"

/** Alice is the creator. */
export const people = { alice: person(1), bob: person(2), carol: person(3), dave: person(4) }
export type Name = keyof typeof people
export const names = Object.keys(people) as Name[]

type Known = Pick<KnownOperation, "hash">

/** A set of operations in the making: each says who, what, and what its author knew beside their own. */
export class ToldOperations {
  readonly all: KnownOperation[] = []
  readonly #founded: Policy
  readonly #returnedTo = new Map<Name, string>()

  constructor(founded = EQUALS) {
    this.#founded = founded
  }

  add(by: Name, whom: Name, ...knowing: readonly Known[]): KnownOperation {
    return this.#tell(by, { kind: "add", device: people[whom], name: whom }, knowing)
  }

  remove(by: Name, whom: Name, ...knowing: readonly Known[]): KnownOperation {
    return this.#tell(by, { kind: "remove", identity: people[whom].identity, after: "00".repeat(32) }, knowing)
  }

  leave(by: Name, ...knowing: readonly Known[]): KnownOperation {
    return this.#tell(by, { kind: "leave", after: "00".repeat(32) }, knowing)
  }

  role(by: Name, whom: Name, role: Role, ...knowing: readonly Known[]): KnownOperation {
    return this.#tell(by, { kind: "role", identity: people[whom].identity, role }, knowing)
  }

  policy(by: Name, policy: Policy, ...knowing: readonly Known[]): KnownOperation {
    return this.#tell(by, { kind: "policy", policy }, knowing)
  }

  /** What a device makes of them that got them in this order. */
  membership(order: readonly KnownOperation[] = this.all): ReturnType<typeof resolveMembership> {
    const operations = new Map(order.map((op) => [op.hash, op]))
    return resolveMembership(operations, { creator: people.alice, creatorName: "alice", policy: this.#founded })
  }

  members(order?: readonly KnownOperation[]): Name[] {
    const { desired } = this.membership(order)
    return names.filter((name) => desired.has(people[name].identity))
  }

  roleOf(name: Name): Role {
    return this.membership().roles.get(people[name].identity) ?? "member"
  }

  /** What `by` does next goes on from this operation of theirs, as if what they did since were not there. */
  goBack(by: Name, to: Known): void {
    this.#returnedTo.set(by, to.hash)
  }

  #tell(by: Name, change: Change, knowing: readonly Known[]): KnownOperation {
    const { identity: author, device } = people[by]
    const previous = this.#returnedTo.get(by) ?? this.all.findLast((op) => op.author === author)?.hash
    this.#returnedTo.delete(by)
    const hash = this.all.length.toString(16).padStart(64, "0")
    const op = { hash, author, device, change, deps: knowing.map((known) => known.hash), previous }
    this.all.push(op)
    return op
  }
}
