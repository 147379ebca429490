import { toHex, utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createGroup,
  join,
  protect,
  receive,
  type CommitReport,
  type CreatedCommit,
  type GroupState,
  type MlsContext,
  type NewCommit,
  type NewGroup,
  type ProposalIntent,
  type Received,
} from "@starling/mls"
import { expect } from "vitest"

import { client, NOW, type Client } from "./world.ts"

/** Somebody with what they hold. */
export interface Person {
  readonly name: string
  readonly client: Client
  state: GroupState
}

/** By name, with what the client can do beyond the RFC. */
type Newcomer = string | readonly [name: string, able: { readonly supportedExtensions: readonly number[] }]

/** What a commit was, for those who look at it from outside. */
export interface Committed {
  readonly commit: Bytes
  readonly before: GroupState
  readonly after: GroupState
}

/** One group in which everybody sees everything at once; after each commit all must agree on the epoch. */
export class Story {
  readonly mls: MlsContext
  readonly people = new Map<string, Person>()
  /** Those who were removed, each with the state that they were left with. */
  readonly removed: Person[] = []

  constructor(mls: MlsContext, founder: string, options: Partial<NewGroup> = {}) {
    this.mls = mls
    const own = client(mls, founder)
    const state = createGroup(mls, { groupId: utf8("a group"), ...own, ...options })
    this.people.set(founder, { name: founder, client: own, state })
  }

  person(name: string): Person {
    const person = this.people.get(name)
    if (person === undefined) throw new RangeError(`${name} is not in the group`)
    return person
  }

  state(name: string): GroupState {
    return this.person(name).state
  }

  leaf(name: string): number {
    return this.state(name).ownLeafIndex
  }

  add(by: string, ...newcomers: readonly Newcomer[]): Committed {
    return this.change(by, { add: newcomers })
  }

  remove(by: string, ...names: readonly string[]): Committed {
    return this.change(by, { remove: names })
  }

  /** Renews the committer's keys. */
  update(by: string): Committed {
    return this.change(by, {})
  }

  change(
    by: string,
    what: { readonly add?: readonly Newcomer[]; readonly remove?: readonly string[] },
    options: Partial<NewCommit> = {},
  ): Committed {
    const newcomers = (what.add ?? []).map((newcomer) => {
      const [name, able] = typeof newcomer === "string" ? [newcomer, {}] : newcomer
      return { name, client: client(this.mls, name, able) }
    })
    const proposals: ProposalIntent[] = [
      ...(what.remove ?? []).map((name) => ({ kind: "remove", leafIndex: this.leaf(name) }) as const),
      ...newcomers.map((each) => ({ kind: "add", keyPackage: each.client.keyPackage.keyPackage }) as const),
    ]
    const before = this.state(by)
    const made = createCommit(this.mls, before, { proposals, now: NOW, ...options })
    if (made.kind !== "ok") throw new Error(`${made.reason} (${made.section})`)
    for (const name of what.remove ?? []) {
      const person = this.person(name)
      expect(receive(this.mls, person.state, made.commit).kind).toBe("self-removed")
      this.removed.push(person)
      this.people.delete(name)
    }
    for (const person of this.people.values()) {
      person.state = person.name === by ? made.next : this.next(person, made)
    }
    for (const newcomer of newcomers) {
      const { keyPackage, signatureKeys } = newcomer.client
      const welcome = made.welcome ?? new Uint8Array(0)
      const joined = join(this.mls, { welcome, keyPackage, signatureKeys })
      if (joined.kind !== "joined") throw new Error(`${newcomer.name}: ${joined.reason} (${joined.section})`)
      this.people.set(newcomer.name, { ...newcomer, state: joined.state })
    }
    this.agree()
    return { commit: made.commit, before, after: made.next }
  }

  /** Everybody else reads it. */
  send(by: string, text: string): Bytes {
    const sender = this.person(by)
    const sent = protect(this.mls, sender.state, utf8(text))
    sender.state = sent.next
    for (const person of this.people.values()) {
      if (person === sender) continue
      const received = expectKind(receive(this.mls, person.state, sent.message), "application")
      expect(received.data).toEqual(utf8(text))
      expect(received.sender.leafIndex).toBe(sender.state.ownLeafIndex)
      person.state = received.next
    }
    return sent.message
  }

  agree(): void {
    const epochs = new Set(
      Array.from(this.people.values(), ({ state }) => `${state.epoch} ${toHex(state.epochAuthenticator)}`),
    )
    expect(epochs.size).toBe(1)
  }

  private next(person: Person, made: CreatedCommit): GroupState {
    const received = expectKind(receive(this.mls, person.state, made.commit), "commit")
    expect(reportOf(received)).toEqual(reportOf(made))
    return received.next
  }
}

/** What a commit was reported to do, whoever made it. */
export function reportOf({ committer, isExternal, added, removed, updated, hasPath }: CommitReport): CommitReport {
  return { committer, isExternal, added, removed, updated, hasPath }
}

/** What was received, if it is of this kind; the test fails otherwise and says why. */
export function expectKind<K extends Received["kind"]>(
  received: Received,
  kind: K,
): Extract<Received, { readonly kind: K }> {
  if (!isKind(received, kind)) {
    throw new Error(received.kind === "refused" ? `${received.reason} (${received.section})` : received.kind)
  }
  return received
}

function isKind<K extends Received["kind"]>(
  received: Received,
  kind: K,
): received is Extract<Received, { readonly kind: K }> {
  return received.kind === kind
}
