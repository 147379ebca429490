import { fromHex, toHex, type Bytes } from "@starling/kernel"
import { gossip } from "@starling/messenger"
import {
  commitAuthenticatedData,
  encodeCommitRecord,
  FIRST_PREV,
  sealEnvelope,
  signRecord,
  type Era,
  type ForestNode,
  type Group,
  type LoggedRecord,
  type Operations,
} from "@starling/messenger/parts"
import { createCommit, type CryptoProvider } from "@starling/mls"

import { groupOf } from "./group-of.ts"
import { Hoard } from "./hoard.ts"
import type { Person } from "./person.ts"
import { crypto } from "./seeded.ts"
import type { World } from "./world.ts"

const COMMIT = 2

/** A member of bad faith: its program runs as everybody's, and beside it goes out what it would not have made. */
export class Insider {
  readonly person: Person
  readonly hoard: Hoard
  readonly #world: World
  readonly #group: string
  /** The last record of its log, where its own program has not heard of it. */
  #head: LoggedRecord | undefined

  constructor(world: World, person: Person, group: string) {
    this.#world = world
    this.person = person
    this.#group = group
    this.hoard = new Hoard(world, person)
  }

  /** States whose keys it has, the newest first. */
  states(): ForestNode[] {
    return [...this.hoard.nodes.values()].filter(({ era }) => era !== undefined).sort((a, b) => b.epoch - a.epoch)
  }

  /**
   * A commit that renews its own keys, on whatever state; `seal` may do badly what its own program does well, and `ops` be cited to no
   * purpose.
   */
  commitOn(
    parent: ForestNode,
    seal: CryptoProvider["kem"]["encapsulate"] = (publicKey, seed) => crypto.kem.encapsulate(publicKey, seed),
    ops: readonly string[] = [],
  ): Forged | undefined {
    if (parent.standing.kind !== "held") return undefined
    const { mls } = this.person.env()
    const { state } = parent.standing
    const created = createCommit(
      { ...mls, crypto: { ...mls.crypto, kem: { ...mls.crypto.kem, encapsulate: seal } } },
      state,
      {
        proposals: [],
        authenticatedData: commitAuthenticatedData(parent.sid, ops),
        now: BigInt(Math.floor(this.#world.now / 1000)),
        path: true,
      },
    )
    if (created.kind !== "ok") return undefined
    const sid = toHex(created.next.confirmedTranscriptHash)
    const epoch = parent.epoch + 1
    const before = state.interimTranscriptHash
    const at = this.#world.now
    const body = encodeCommitRecord({ parent: parent.sid, sid, before, epoch, at, ops, mls: created.commit })
    const standing = { kind: "held", state: created.next } as const
    return { body, mls: created.commit, node: { ...parent, sid, parent: parent.sid, epoch, standing } }
  }

  /** Signs the next record of its log; `keep: false` leaves the place free, for another record with the same number. */
  sign(kind: number, body: Uint8Array, keep = true): LoggedRecord {
    const last = (this.#head?.seq ?? 0) > this.log().length ? this.#head : this.log().at(-1)
    const record = this.signAfter(last, kind, body)
    if (keep) this.#head = record
    return record
  }

  /** Its log, as its own program has it. */
  log(): readonly LoggedRecord[] {
    return groupOf(this.person, this.#group)?.logs.get(this.person.state.durable.own.device) ?? []
  }

  /** The operations that its own program has. */
  known(): Operations {
    return groupOf(this.person, this.#group)?.operations ?? new Map()
  }

  /** Signs a record that follows any one of its log. */
  signAfter(last: LoggedRecord | undefined, kind: number, body: Uint8Array): LoggedRecord {
    const { own } = this.person.state.durable
    return signRecord(crypto, own.signatureKeys.privateKey, {
      group: fromHex(this.#group.replaceAll("-", "")) ?? FIRST_PREV,
      device: own.certificate.signatureKey,
      seq: (last?.seq ?? 0) + 1,
      prev: last === undefined ? FIRST_PREV : (fromHex(last.hash) ?? FIRST_PREV),
      kind,
      body: new Uint8Array(body),
    })
  }

  /** Has its program hold these records of its log, whatever it thinks of them, and tell them to whoever compares; `undo` ends that. */
  implant(records: readonly LoggedRecord[]): { readonly undo: () => void } {
    const { durable } = this.person.state
    const group = durable.groups.get(this.#group)
    if (group === undefined) return { undo: () => undefined }
    const put = (changed: Group): void => {
      const { state } = this.person
      const groups = new Map(state.durable.groups).set(this.#group, changed)
      this.person.state = { ...state, durable: { ...state.durable, groups } }
    }
    const logs = new Map(group.logs).set(durable.own.device, [...this.log(), ...records])
    put({ ...group, logs, records: [...group.records, ...records] })
    return { undo: () => put(group) }
  }

  /** Signs a forged commit and sends it out. */
  publishCommit({ body, node }: Forged, to: readonly Person[]): void {
    this.hoard.nodes.set(node.sid, node)
    this.publish("upd", this.sign(COMMIT, body).encoded, node.era, to)
  }

  /** Sends something in the envelope of an era to these neighbours, and to its own program. */
  publish(kind: "upd" | "msg", payload: Uint8Array, era: Era | undefined, to: readonly Person[]): void {
    if (era === undefined) return
    const data: Bytes = sealEnvelope(crypto, era, kind, payload)
    this.person.input((state, env) => gossip(state, era.topic, data, this.person.peerId, env))
    for (const other of to)
      if (this.#world.areConnected(this.person, other))
        this.#world.after(this.#world.delay(), () => other.receiveGossip(era.topic, data, this.person))
  }
}

export interface Forged {
  readonly body: Bytes
  readonly mls: Bytes
  /** What it leads to, as its maker sees it. */
  readonly node: ForestNode
}

/** Lets a person's Welcomes name operations that nobody ever made. */
export function inventFrontier(person: Person, group: string, hashes: readonly string[]): void {
  const { durable } = person.state
  const known = durable.groups.get(group)
  if (known === undefined) return
  const groups = new Map(durable.groups).set(group, { ...known, knownAtEntry: hashes })
  person.state = { ...person.state, durable: { ...durable, groups } }
}
