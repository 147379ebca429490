import { equalBytes, toHex, utf8, type Bytes } from "@starling/kernel"
import {
  branch,
  createGroup,
  encodeState,
  join,
  propose,
  proposeToJoin,
  protect,
  receive,
  receiveCommitLate,
  resumptionPsk,
  scrub,
  type GroupState,
  type Joining,
  type MlsContext,
  type NewCommit,
  type OwnProposal,
  type ProposeOptions,
  type PskReference,
  type PskSource,
  type ReceivedCommit,
} from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

import { client, NOW } from "../world.ts"
import { Chance, SeededSource } from "./chance.ts"
import { Disagreement, require } from "./disagreement.ts"
import { EpochChecks, restored } from "./epoch-checks.ts"
import { isPublic, proposedAs, withFalseConfirmation } from "./forged-messages.ts"
import { agreement, enterEpoch, participant, replaceState, stateOf, type Participant } from "./participant.ts"
import { prepareCommit, prepareEntry, reported, type Candidate, type PreparedCommit } from "./prepared-commit.ts"
import { digest, RecordedCrypto } from "./recorded-crypto.ts"
import { RemovedMembers } from "./removed-members.ts"

/** Extension types that every client here knows. */
export const EXTENSIONS = [0xff10, 0xff11]
/** Epochs whose resumption PSK a commit may name. */
export const RESUMPTIONS = 8

/** A message on its way to somebody. */
export interface Delivery {
  readonly to: string
  readonly message: Bytes
  readonly data: Bytes
  readonly epoch: bigint
  readonly due: number
}

/** A commit with whom it concerns. */
export interface Prepared extends PreparedCommit {
  /** Of a commit by which they join, not in the group yet. */
  readonly author: Participant
  readonly newcomers: readonly Candidate[]
  readonly leaving: readonly Participant[]
}

/** One group of which every claim of the engine is checked after each step. */
export class FuzzGroup {
  readonly recorded = new RecordedCrypto(nodeCrypto(1))
  readonly source: SeededSource
  readonly chance: Chance
  readonly mls: MlsContext
  readonly removed: RemovedMembers
  readonly checks: EpochChecks
  people: Participant[] = []
  /** Handshake messages that somebody may still have to process; the first one's number is `logStart`. */
  log: Bytes[] = []
  logStart = 0
  deliveries: Delivery[] = []
  /** Who may be added in this epoch, by signature key. */
  candidates = new Map<string, Candidate>()
  externalPsks = new Map<string, Bytes>()
  resumptionPsks = new Map<bigint, Bytes>()
  operation = 0
  /** Members that the group tends to have. */
  size = 2
  names = 0
  counts = { epochs: 0, messages: 0, proposals: 0, removals: 0, joins: 0, externalJoins: 0 }

  constructor(seed: string) {
    this.source = new SeededSource(seed)
    this.chance = new Chance(digest(this.recorded.crypto, utf8(seed)))
    const authenticate = (): undefined => undefined
    this.mls = { crypto: this.recorded.crypto, random: this.source, authenticate }
    this.removed = new RemovedMembers(this.mls, this.chance, this.psks)
    this.checks = new EpochChecks(this.mls)
  }

  readonly psks: PskSource = (reference) =>
    reference.kind === "external"
      ? this.externalPsks.get(toHex(reference.id))
      : this.resumptionPsks.get(reference.epoch)

  /** The first member. */
  found(): void {
    const { name, client: founder } = this.candidate()
    const extensions = [{ type: 0xff10, data: utf8("first") }]
    const group = { ...founder, groupId: utf8("fuzz"), extensions, supportedExtensions: EXTENSIONS }
    this.people.push(participant(this.mls.crypto, name, founder, createGroup(this.mls, group), 0))
  }

  /** Somebody new, who may be added in this epoch. */
  candidate(name = `member ${this.names++}`): Candidate {
    const candidate = { name, client: client(this.mls, name, { supportedExtensions: EXTENSIONS }) }
    this.candidates.set(toHex(candidate.client.signatureKeys.publicKey), candidate)
    return candidate
  }

  /** Members who process everything at once. */
  awake(): readonly Participant[] {
    return this.people.filter(({ asleepUntil }) => asleepUntil <= this.operation)
  }

  /** Somebody in the newest epoch. */
  one(): Participant {
    const [first] = this.awake()
    if (first !== undefined) return first
    const sleeper = this.chance.one(this.people)
    this.wake(sleeper)
    return sleeper
  }

  wake(sleeper: Participant): void {
    sleeper.asleepUntil = 0
    while (sleeper.position < this.logStart + this.log.length) {
      const message = this.log[sleeper.position - this.logStart]
      if (message === undefined) throw new RangeError("the log was cut too early")
      sleeper.position++
      const received = receive(this.mls, sleeper.state, message, { psks: this.psks })
      if (received.kind === "refused") throw new Disagreement(`${sleeper.name} refuses: ${received.reason}`)
      if (received.kind === "commit") enterEpoch(this.mls.crypto, sleeper, received.next)
      else if (received.kind === "proposal") sleeper.state = received.next
      else throw new Disagreement(`${sleeper.name} finds ${received.kind} in a handshake message`)
    }
  }

  /** By somebody who is awake. */
  prepare(author: Participant, options: Omit<NewCommit, "now">): Prepared {
    const prepared = prepareCommit(this.mls, this.recorded, author.state, { ...options, now: NOW, psks: this.psks })
    const newcomers = prepared.added.map((key) => {
      const candidate = this.candidates.get(toHex(key))
      require(candidate !== undefined, "a commit adds somebody whom nobody knows")
      return candidate
    })
    return { ...prepared, author, newcomers, leaving: this.#leaving(prepared) }
  }

  /** Somebody new joins by a commit of their own, or a member who lost their state comes back. */
  prepareEntry(replaced: Participant | undefined, presharedKeys: readonly PskReference[]): Prepared {
    const before = this.one().state
    const fresh = this.candidate(replaced?.name)
    const signatureKeys = replaced?.state.signatureKeys ?? fresh.client.signatureKeys
    const own = { ...fresh.client, signatureKeys }
    const place = replaced && { replaces: (member: { leafIndex: number }) => member.leafIndex === placeOf(replaced) }
    const joining = { ...own, ...place, presharedKeys, psks: this.psks, supportedExtensions: EXTENSIONS }
    const prepared = prepareEntry(this.mls, this.recorded, before, joining)
    const author = participant(this.mls.crypto, fresh.name, own, prepared.next, 0)
    return { ...prepared, author, newcomers: [], leaving: this.#leaving(prepared) }
  }

  /** Everybody processes it, newcomers join, who was removed tries to follow. */
  send(prepared: Prepared): void {
    const { author, commit, welcome, before, next, newcomers, leaving, report } = prepared
    for (const someone of leaving) this.#leave(someone, commit)
    this.removed.tryCommit(prepared, leaving)
    this.resumptionPsks.set(before.epoch, resumptionPsk(before))
    this.log.push(commit)
    const end = this.logStart + this.log.length
    if (report.isExternal) this.people.push(author)
    else enterEpoch(this.mls.crypto, author, next)
    author.position = end
    for (const someone of this.awake()) {
      if (someone !== author) this.#follow(someone, prepared)
    }
    for (const newcomer of newcomers) {
      const state = this.#joined(newcomer, welcome, { psks: this.psks })
      this.people.push(participant(this.mls.crypto, newcomer.name, newcomer.client, state, end))
    }
    this.counts.epochs++
    this.counts.joins += newcomers.length
    if (report.isExternal) this.counts.externalJoins++
    this.candidates.clear()
    this.#cutLog()
    this.check(author)
    this.checks.fresh(next)
  }

  /** A commit that is not the one to go on with: its children are right, and whoever looked at it is as before. */
  sendAside(prepared: Prepared): void {
    const { author, commit, welcome, next, newcomers, leaving } = prepared
    this.removed.tryCommit(prepared, leaving)
    const stays = this.awake().filter((someone) => someone !== author && !leaving.includes(someone))
    const children = this.chance.some(stays, 2).map((someone) => {
      const stored = encodeState(someone.state)
      const child = this.#commit(someone, prepared).next
      require(equalBytes(encodeState(someone.state), stored), "a state is another after a commit was processed on it")
      return child
    })
    for (const newcomer of newcomers) children.push(this.#joined(newcomer, welcome, { psks: this.psks }))
    this.#sameGroup(next, children)
    require(receive(this.mls, next, commit, { psks: this.psks }).kind === "refused", "a commit is taken twice")
  }

  /** RFC 9420, 11.3: some members found a group of their own. */
  branchOff(author: Participant, others: readonly Participant[]): void {
    const candidates = others.map((someone) => ({ ...this.candidate(someone.name), former: someone.state }))
    const keyPackages = candidates.map((each) => each.client.keyPackage.keyPackage)
    const { client: own } = this.candidate(author.name)
    const groupId = this.source.draw(8)
    const options = { ...own, groupId, keyPackages, supportedExtensions: EXTENSIONS, now: NOW }
    const made = branch(this.mls, author.state, options)
    if (made.kind !== "ok") throw new Disagreement(`no branch can be made: ${made.reason} (${made.section})`)
    const joined = candidates.map(({ former, ...newcomer }) =>
      this.#joined(newcomer, made.welcome, { former: { state: former } }),
    )
    this.#sameGroup(made.state, joined)
  }

  /** Bytes that somebody has changed or signed falsely are refused by all. */
  tamper({ author, commit, before, leaving, report }: Prepared): void {
    const stays = this.awake().filter((someone) => someone !== author && !leaving.includes(someone))
    const at = this.chance.below(commit.length)
    const changed = commit.with(at, (commit[at] ?? 0) ^ (1 << this.chance.below(8)))
    const forged = report.isExternal ? undefined : withFalseConfirmation(this.mls, before, commit)
    for (const { state } of this.chance.some(stays, 2)) {
      const refused = (bytes: Bytes) => receive(this.mls, state, bytes, { psks: this.psks }).kind === "refused"
      require(refused(changed), `a commit is taken with byte ${at} changed`)
      require(refused(commit.subarray(0, at)), "a commit is taken without its end")
      if (forged) require(refused(forged), "a commit is taken whose confirmation tag is wrong")
      for (const victim of this.chance.some(stays, 1)) {
        const leafIndex = placeOf(victim)
        if (leafIndex === before.ownLeafIndex || leafIndex === state.ownLeafIndex) continue
        require(refused(proposedAs(this.mls, before, leafIndex)), "one member speaks for another")
      }
    }
  }

  /** For whoever commits next. */
  propose(author: Participant, intent: OwnProposal, options: Omit<ProposeOptions, "now">): void {
    const made = propose(this.mls, author.state, intent, { ...options, now: NOW })
    if (made.kind !== "ok") throw new Disagreement(`nothing can be proposed: ${made.reason} (${made.section})`)
    author.state = made.next
    this.#spread(author, made.message, made.reference)
  }

  /** A client proposes that it be added itself. */
  proposeToJoin(): void {
    const { groupId, epoch } = this.one().state
    const own = this.candidate().client
    const { message, reference } = proposeToJoin(this.mls, { ...own, groupId, epoch })
    this.#spread(undefined, message, reference)
  }

  /** Sends application data into the sender's epoch. */
  write(sender: Participant, length: number): Omit<Delivery, "to" | "due"> {
    const data = this.source.draw(Math.max(1, length))
    const sent = sender.state
    const { next, message } = protect(this.mls, sent, data)
    sender.state = next
    this.counts.messages++
    if (sent.epoch === this.one().state.epoch) this.removed.tryMessage(message, sent)
    return { message, data, epoch: sent.epoch }
  }

  /** Somebody reads a message of any epoch that they still have. A second time it is refused. */
  read(someone: Participant, { message, data, epoch }: Pick<Delivery, "message" | "data" | "epoch">): void {
    const state = stateOf(someone, epoch)
    if (state === undefined) return
    const received = receive(this.mls, state, message)
    if (received.kind !== "application") {
      const why = received.kind === "refused" ? received.reason : received.kind
      throw new Disagreement(`${someone.name} can't read a message: ${why}`)
    }
    require(equalBytes(received.data, data), "a message says something else than was sent")
    const again = receive(this.mls, state, message).kind
    require(again === "application", "a state is another after a message was read by it")
    replaceState(someone, received.next)
    require(receive(this.mls, received.next, message).kind === "refused", "a message is read twice")
  }

  /** Everybody who is awake agrees. */
  check(one: Participant): void {
    this.checks.agreed(one, this.awake())
    this.checks.roster(one.state, this.people)
  }

  /** Everybody has caught up: nobody needs the pre-shared keys of earlier commits. */
  forgetPsks(): void {
    if (this.one().state.proposals.length > 0) return
    this.externalPsks.clear()
    this.resumptionPsks = new Map([...this.resumptionPsks].slice(-RESUMPTIONS))
  }

  /** What is stored and read again is the same, and holds no secret of the epochs before. */
  store(someone: Participant): void {
    someone.state = restored(someone.state)
    someone.past = someone.past.map(restored)
    this.checks.erased(someone)
  }

  #leaving({ report }: PreparedCommit): readonly Participant[] {
    const leaves = new Set(report.removed.map(({ leafIndex }) => leafIndex))
    const leaving = this.people.filter((someone) => leaves.has(placeOf(someone)))
    require(leaving.length === leaves.size, "a commit removes somebody who is not there")
    for (const someone of leaving) this.wake(someone)
    return leaving
  }

  #leave(someone: Participant, commit: Bytes): void {
    const { kind } = receive(this.mls, someone.state, commit, { psks: this.psks })
    require(kind === "self-removed", `${someone.name}, who is removed, finds ${kind}`)
    this.people = this.people.filter((other) => other !== someone)
    this.deliveries = this.deliveries.filter(({ to }) => to !== someone.name)
    this.removed.add(someone)
    this.counts.removals++
  }

  #follow(someone: Participant, prepared: Prepared): void {
    const { next } = this.#commit(someone, prepared)
    if (this.chance.percent(10)) this.#followLate(someone.state, prepared)
    someone.position++
    enterEpoch(this.mls.crypto, someone, next)
  }

  /** RFC 9420, 12.4.2: with what `scrub` leaves of the state, which is enough for public commits by members. */
  #followLate(state: GroupState, { commit, next, report }: Prepared): void {
    const late = receiveCommitLate(this.mls, scrub(state), commit, { psks: this.psks })
    if (isPublic(commit) && !report.isExternal) {
      require(late.kind === "commit" && agreement(late.next) === agreement(next), "a commit that came late is another")
    } else {
      require(late.kind === "refused" &&
        late.reason === "secret-gone", "a scrubbed state takes what it has no secret for")
    }
  }

  #commit(someone: Participant, { commit, report }: Prepared): ReceivedCommit {
    const received = receive(this.mls, someone.state, commit, { psks: this.psks })
    if (received.kind !== "commit") {
      const why = received.kind === "refused" ? `${received.reason} (${received.section})` : received.kind
      throw new Disagreement(`${someone.name} does not take a commit: ${why}`)
    }
    require(reported(received) === reported(report), `a commit is another to ${someone.name} than to who made it`)
    return received
  }

  #joined(
    { client: { keyPackage, signatureKeys } }: Candidate,
    welcome: Bytes | undefined,
    surroundings: Pick<Joining, "psks" | "former">,
  ): GroupState {
    require(welcome !== undefined, "an Add without a Welcome")
    const joined = join(this.mls, { ...surroundings, welcome, keyPackage, signatureKeys })
    if (joined.kind === "joined") return joined.state
    throw new Disagreement(`a newcomer can't join: ${joined.reason} (${joined.section})`)
  }

  /** Aside from the group itself: they agree, and read what the first one writes. */
  #sameGroup(first: GroupState, others: readonly GroupState[]): void {
    const { message } = protect(this.mls, first, utf8("aside"))
    for (const state of others) {
      require(agreement(state) === agreement(first), "a group aside is another for two of its members")
      require(receive(this.mls, state, message).kind === "application", "a message in a group aside can't be read")
    }
  }

  #spread(author: Participant | undefined, message: Bytes, reference: Bytes): void {
    this.log.push(message)
    if (author !== undefined) author.position++
    for (const someone of this.awake()) {
      if (someone === author) continue
      someone.position++
      const received = receive(this.mls, someone.state, message)
      if (received.kind !== "proposal") throw new Disagreement(`${someone.name} does not take a proposal`)
      require(equalBytes(received.reference, reference), "a proposal has two references")
      someone.state = received.next
    }
    this.counts.proposals++
  }

  #cutLog(): void {
    const start = Math.min(...this.people.map(({ position }) => position))
    this.log.splice(0, start - this.logStart)
    this.logStart = start
  }
}

export function placeOf({ state }: Participant): number {
  return state.ownLeafIndex
}
