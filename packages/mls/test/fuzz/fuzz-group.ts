import { equalBytes, toHex, utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createGroup,
  decodeState,
  encodeState,
  exportSecret,
  join,
  members,
  protect,
  receive,
  resumptionPsk,
  type GroupState,
  type MlsContext,
  type NewCommit,
  type ProposalIntent,
  type PskSource,
  type ReceivedCommit,
} from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import { decodeMlsMessage, frameContent, signContent, WireFormat } from "@starling/mls/rfc9420"

import { client, NOW, type Client } from "../world.ts"
import { Chance, SeededSource } from "./chance.ts"
import { Disagreement, require } from "./disagreement.ts"
import { agreement, enterEpoch, participant, replaceState, stateOf, type Participant } from "./participant.ts"
import { digest, RecordedCrypto } from "./recorded-crypto.ts"
import { ReferenceTree } from "./reference-tree.ts"
import { RemovedMembers } from "./removed-members.ts"

/** Extension types that every client here knows. */
export const EXTENSIONS = [0xff10, 0xff11]
const RESUMPTIONS = 8
const MOST_MEMBERS = 256

/** What a commit does beside renewing keys. */
export interface Change {
  readonly add?: readonly string[]
  readonly remove?: readonly Participant[]
  readonly others?: readonly ProposalIntent[]
  readonly options?: Partial<NewCommit>
}

/** A message on its way to somebody. */
export interface Delivery {
  readonly to: string
  readonly from: string
  readonly message: Bytes
  readonly data: Bytes
  readonly epoch: bigint
  readonly due: number
}

/** A commit that was made but not sent yet. */
export interface Prepared {
  readonly author: Participant
  readonly commit: Bytes
  readonly welcome: Bytes | undefined
  readonly before: GroupState
  readonly next: GroupState
  readonly newcomers: readonly { readonly name: string; readonly client: Client }[]
  readonly leaving: readonly Participant[]
  readonly hasPath: boolean
  readonly recipients: readonly Bytes[]
}

/** One group of which every claim of the engine is checked after each step. */
export class FuzzGroup {
  readonly recorded = new RecordedCrypto(nodeCrypto(1))
  readonly source: SeededSource
  readonly chance: Chance
  readonly mls: MlsContext
  readonly removed: RemovedMembers
  people: Participant[] = []
  /** Handshake messages that somebody may still have to process; the first one's number is `logStart`. */
  log: Bytes[] = []
  logStart = 0
  deliveries: Delivery[] = []
  externalPsks = new Map<string, Bytes>()
  resumptionPsks = new Map<bigint, Bytes>()
  /** Digests of secrets of all epochs: none occurs twice. */
  secrets = new Set<number>()
  operation = 0
  /** Members that the group tends to have. */
  size = 2
  counts = { epochs: 0, messages: 0, removals: 0, joins: 0 }
  #names = 0
  #pairs = new Set<string>()

  constructor(seed: string) {
    this.source = new SeededSource(seed)
    this.chance = new Chance(digest(this.recorded.crypto, utf8(seed)))
    const authenticate = (): undefined => undefined
    this.mls = { crypto: this.recorded.crypto, random: this.source, authenticate }
    this.removed = new RemovedMembers(this.mls, this.chance, this.psks)
  }

  readonly psks: PskSource = (reference) =>
    reference.kind === "external"
      ? this.externalPsks.get(toHex(reference.id))
      : this.resumptionPsks.get(reference.epoch)

  /** The first member. */
  found(): void {
    const name = this.newName()
    const founder = this.#client(name)
    const extensions = [{ type: 0xff10, data: utf8("first") }]
    const state = createGroup(this.mls, {
      ...founder,
      groupId: utf8("fuzz"),
      extensions,
      supportedExtensions: EXTENSIONS,
    })
    this.people.push(participant(this.mls.crypto, name, founder, state, 0))
  }

  newName(): string {
    return `member ${this.#names++}`
  }

  get names(): number {
    return this.#names
  }

  set names(count: number) {
    this.#names = count
  }

  /** Members who process everything at once. */
  awake(): readonly Participant[] {
    return this.people.filter(({ asleepUntil }) => asleepUntil <= this.operation)
  }

  current(): GroupState {
    return this.one().state
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
    this.catchUp(sleeper)
  }

  catchUp(someone: Participant): void {
    while (someone.position < this.logStart + this.log.length) {
      const message = this.log[someone.position - this.logStart]
      if (message === undefined) throw new RangeError("the log was cut too early")
      someone.position++
      const received = receive(this.mls, someone.state, message, { psks: this.psks })
      if (received.kind === "refused") throw new Disagreement(`${someone.name} refuses: ${received.reason}`)
      if (received.kind === "commit") enterEpoch(this.mls.crypto, someone, received.next)
      else if (received.kind === "proposal") someone.state = received.next
      else throw new Disagreement(`${someone.name} finds ${received.kind} in a handshake message`)
    }
  }

  prepare(author: Participant, change: Change): Prepared {
    const newcomers = (change.add ?? []).map((name) => ({ name, client: this.#client(name) }))
    const leaving = change.remove ?? []
    for (const each of leaving) this.wake(each)
    const proposals: ProposalIntent[] = [
      ...leaving.map(({ state }) => ({ kind: "remove", leafIndex: state.ownLeafIndex }) as const),
      ...newcomers.map((each) => ({ kind: "add", keyPackage: each.client.keyPackage.keyPackage }) as const),
      ...(change.others ?? []),
    ]
    const before = author.state
    this.recorded.takeRecipients()
    const options: NewCommit = { now: NOW, psks: this.psks, ...change.options, proposals }
    const made = createCommit(this.mls, before, options)
    if (made.kind !== "ok") throw new Disagreement(`no commit can be made: ${made.reason} (${made.section})`)
    const renewing = proposals.some(({ kind }) => kind === "remove" || kind === "group-context-extensions")
    const hasPath = options.path === true || renewing || proposals.length === 0
    const recipients = this.recorded.takeRecipients()
    const { commit, welcome, next } = made
    return { author, commit, welcome, before, next, newcomers, leaving, hasPath, recipients }
  }

  /** Everybody processes it, newcomers join, who was removed tries to follow. */
  send(prepared: Prepared): void {
    const { author, commit, welcome, before, next, newcomers, leaving, hasPath, recipients } = prepared
    for (const someone of leaving) {
      require(receive(this.mls, someone.state, commit, { psks: this.psks }).kind ===
        "self-removed", "a removed member stays")
      this.people = this.people.filter((other) => other !== someone)
      this.deliveries = this.deliveries.filter(({ to }) => to !== someone.name)
      this.removed.add(someone)
      this.counts.removals++
    }
    this.removed.tryCommit({ commit, before, after: next, welcome, recipients }, leaving)
    this.#checkRecipients(prepared)
    this.resumptionPsks.set(before.epoch, resumptionPsk(before))
    this.log.push(commit)
    author.position++
    enterEpoch(this.mls.crypto, author, next)
    for (const someone of this.awake()) {
      if (someone === author) continue
      this.#receiveCommit(someone, commit, hasPath)
    }
    for (const newcomer of newcomers) this.#join(newcomer, welcome)
    this.counts.epochs++
    this.#cutLog()
    this.check(author)
    this.#checkFreshSecrets(next)
  }

  /** A commit that is not the one to go on with: its children are right, and whoever looked at it is as before. */
  sendAside(prepared: Prepared): void {
    const { author, commit, welcome, before, next, newcomers, leaving, recipients } = prepared
    this.removed.tryCommit({ commit, before, after: next, welcome, recipients }, leaving)
    this.#checkRecipients(prepared)
    const { message } = protect(this.mls, next, utf8("on a branch"))
    const stays = this.awake().filter((someone) => someone !== author && !leaving.includes(someone))
    const children = this.chance.some(stays, 2).map((someone) => {
      const stored = encodeState(someone.state)
      const child = this.#commit(someone, commit).next
      require(equalBytes(encodeState(someone.state), stored), "a state is another after a commit was processed on it")
      return child
    })
    for (const { client: own } of newcomers) children.push(this.#joined(own, welcome))
    for (const child of children) {
      require(agreement(child) === agreement(next), "a branch is another for two of its members")
      require(receive(this.mls, child, message).kind === "application", "a message on a branch can't be read")
    }
  }

  /** Bytes that somebody has changed or signed falsely are refused by all. */
  tamper({ author, commit, before, leaving }: Prepared): void {
    const judges = this.chance.some(
      this.awake().filter((someone) => someone !== author && !leaving.includes(someone)),
      2,
    )
    const at = this.chance.below(commit.length)
    const changed = commit.with(at, (commit[at] ?? 0) ^ (1 << this.chance.below(8)))
    const forged = withFalseConfirmation(this.mls, before, commit)
    for (const { state } of judges) {
      const refusal = (bytes: Bytes) => receive(this.mls, state, bytes, { psks: this.psks }).kind
      require(refusal(changed) === "refused", `a commit is taken with byte ${at} changed`)
      require(refusal(commit.subarray(0, at)) === "refused", "a commit is taken without its end")
      if (forged) require(refusal(forged) === "refused", "a commit is taken whose confirmation tag is wrong")
      const victims = members(before).filter(
        ({ leafIndex }) => ![before.ownLeafIndex, state.ownLeafIndex].includes(leafIndex),
      )
      for (const { leafIndex } of this.chance.some(victims, 1)) {
        require(refusal(proposedAs(this.mls, before, leafIndex)) === "refused", "one member speaks for another")
      }
    }
  }

  #receiveCommit(someone: Participant, commit: Bytes, hasPath: boolean): void {
    const received = this.#commit(someone, commit)
    require(received.hasPath === hasPath, hasPath ? "a commit that needs a path has none" : "a path where none was due")
    someone.position++
    enterEpoch(this.mls.crypto, someone, received.next)
  }

  #commit(someone: Participant, commit: Bytes): ReceivedCommit {
    const received = receive(this.mls, someone.state, commit, { psks: this.psks })
    if (received.kind === "commit") return received
    const why = received.kind === "refused" ? `${received.reason} (${received.section})` : received.kind
    throw new Disagreement(`${someone.name} does not take a commit: ${why}`)
  }

  #join({ name, client: own }: { readonly name: string; readonly client: Client }, welcome: Bytes | undefined): void {
    const state = this.#joined(own, welcome)
    this.people.push(participant(this.mls.crypto, name, own, state, this.logStart + this.log.length))
    this.counts.joins++
  }

  #joined({ keyPackage, signatureKeys }: Client, welcome: Bytes | undefined): GroupState {
    require(welcome !== undefined, "an Add without a Welcome")
    const joined = join(this.mls, { welcome, keyPackage, signatureKeys, psks: this.psks })
    if (joined.kind === "joined") return joined.state
    throw new Disagreement(`a newcomer can't join: ${joined.reason} (${joined.section})`)
  }

  /** Sends application data into the sender's epoch and says who is to get it. */
  write(sender: Participant, length: number): Omit<Delivery, "to" | "due"> & { readonly sent: GroupState } {
    const data = this.source.draw(Math.max(1, length))
    const sent = sender.state
    const { next, message } = protect(this.mls, sent, data)
    sender.state = next
    this.counts.messages++
    if (sent.epoch === this.current().epoch) this.removed.tryMessage(message, sent)
    return { from: sender.name, message, data, epoch: sent.epoch, sent }
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

  /** Everybody who is awake agrees, and the tree is what RFC 9420 makes of it. */
  check(author: Participant): void {
    const { state } = author
    const { crypto } = this.mls
    const label = `check ${this.operation}`
    const secret = toHex(exportSecret(this.mls, state, label, utf8("context"), 16))
    const everybody = this.awake()
    require(members(state).length === this.people.length, "the roster is not who is there")
    for (const someone of everybody) {
      require(agreement(someone.state) === agreement(state), `${someone.name} and ${author.name} are not in one epoch`)
      const other = exportSecret(this.mls, someone.state, label, utf8("context"), 16)
      require(toHex(other) === secret, "two members export different secrets")
    }
    const reference = new ReferenceTree(crypto, state.tree)
    require(equalBytes(reference.treeHash(), state.treeHash), "the tree hash is not that of the tree")
    const fault = reference.fault()
    require(fault === undefined, fault ?? "")
    for (const someone of everybody) this.#checkPrivateKeys(someone, reference)
  }

  /** Everybody has caught up: nobody needs the pre-shared keys of earlier commits. */
  forgetPsks(): void {
    this.externalPsks.clear()
    this.resumptionPsks = new Map([...this.resumptionPsks].slice(-RESUMPTIONS))
  }

  /** What is stored and read again is the same, and holds no secret of the epochs before. */
  store(someone: Participant): void {
    const { state, store } = someone
    someone.state = restored(state)
    someone.past = someone.past.map(restored)
    const bytes = toHex(encodeState(state))
    for (const { epoch, keys, privateKeys, secretTree } of store.epochs.slice(-10)) {
      const used = secretTree.kind === "secret" && state.secretTree.kind !== "secret" ? [secretTree.secret] : []
      const ended = epoch === state.epoch ? [] : [...Object.values(keys), ...replacedKeys(privateKeys, state)]
      const erased = [...used, ...ended].every((secret) => !bytes.includes(toHex(secret)))
      require(erased, `${someone.name} keeps a secret of epoch ${epoch} that should be gone in epoch ${state.epoch}`)
    }
  }

  #checkPrivateKeys({ name, state }: Participant, reference: ReferenceTree): void {
    const { crypto } = this.mls
    const expected = reference.keysOf(state.ownLeafIndex)
    for (const [index, publicKey] of expected) {
      const privateKey = state.privateKeys.get(index)
      require(privateKey !== undefined, `${name} lacks the private key of node ${index}`)
      const pair = `${toHex(privateKey)} ${toHex(publicKey)}`
      if (this.#pairs.has(pair)) continue
      const sealed = nodeKem.encapsulate(publicKey, PROBE)
      const opened = sealed && crypto.kem.decapsulate(privateKey, sealed.kemOutput)
      const match = sealed !== undefined && opened !== undefined && equalBytes(opened, sealed.sharedSecret)
      require(match, `${name}'s private key of node ${index} is not that of its public key`)
      this.#pairs.add(pair)
    }
    require(state.privateKeys.size ===
      expected.size, `${name} keeps private keys of nodes that are blank or not theirs`)
    if (this.#pairs.size > 20_000) this.#pairs.clear()
  }

  #checkFreshSecrets({ keys }: GroupState): void {
    const { crypto } = this.mls
    for (const secret of [keys.init, keys.senderData, keys.exporter, keys.membership, keys.resumption, keys.external]) {
      const known = digest(crypto, secret)
      require(!this.secrets.has(known), "a secret of an epoch was another's before")
      this.secrets.add(known)
    }
  }

  /** To whom a commit encrypts, in which order: RFC 9420, 7.5 and 12.4.3.1. */
  #checkRecipients({ next, before, newcomers, leaving, hasPath, recipients }: Prepared): void {
    const occupied = new Set(members(before).map(({ signatureKey }) => toHex(signatureKey)))
    const added = members(next).filter(({ signatureKey }) => !occupied.has(toHex(signatureKey)))
    const free = freeLeaves(before, leaving).slice(0, added.length)
    require(added.every(
      ({ leafIndex }, i) => leafIndex === free[i],
    ), "somebody is added to another than the first free leaf")
    const reference = new ReferenceTree(this.mls.crypto, next.tree)
    const leaves = new Set(added.map(({ leafIndex }) => leafIndex))
    const expected = [
      ...(hasPath ? reference.pathRecipients(next.ownLeafIndex, leaves) : []),
      ...newcomers.map((each) => each.client.keyPackage.keyPackage.initKey),
    ]
    require(expected.map(toHex).join(" ") ===
      recipients.map(toHex).join(" "), "a commit's secrets are not encrypted to whom they should be")
  }

  #client(name: string): Client {
    return client(this.mls, name, { supportedExtensions: EXTENSIONS })
  }

  #cutLog(): void {
    const start = Math.min(...this.people.map(({ position }) => position))
    this.log.splice(0, start - this.logStart)
    this.logStart = start
  }
}

const nodeKem = nodeCrypto(1).kem
const PROBE = new Uint8Array(nodeKem.seedLength).fill(7)

/** RFC 9420, 7.7: where newcomers go, in order. */
function freeLeaves(before: GroupState, leaving: readonly Participant[]): readonly number[] {
  const taken = new Set(members(before).map(({ leafIndex }) => leafIndex))
  for (const { state } of leaving) taken.delete(state.ownLeafIndex)
  return Array.from({ length: taken.size + 2 * MOST_MEMBERS }, (_, leafIndex) => leafIndex).filter(
    (at) => !taken.has(at),
  )
}

function replacedKeys(privateKeys: GroupState["privateKeys"], state: GroupState): readonly Bytes[] {
  const current = new Set(Array.from(state.privateKeys.values(), toHex))
  return [...privateKeys.values()].filter((key) => !current.has(toHex(key)))
}

/** The same public commit with a false confirmation tag; none of a private one. */
function withFalseConfirmation(mls: MlsContext, before: GroupState, commit: Bytes): Bytes | undefined {
  const decoded = decodeMlsMessage(commit)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") return undefined
  const { content, authenticatedData } = decoded.value.message.framed
  const signed = signContent(mls, before, WireFormat.publicMessage, content, authenticatedData)
  return frameContent(mls, before, signed, { confirmationTag: new Uint8Array(mls.crypto.suite.hashLength) }).message
}

/** A proposal that somebody sends as the member at another leaf. */
function proposedAs(mls: MlsContext, sender: GroupState, leafIndex: number): Bytes {
  const claimed = { ...sender, ownLeafIndex: leafIndex }
  const proposal = { kind: "remove", leafIndex: sender.ownLeafIndex } as const
  const signed = signContent(mls, claimed, WireFormat.publicMessage, { kind: "proposal", proposal })
  return frameContent(mls, claimed, signed, {}).message
}

function restored(state: GroupState): GroupState {
  const bytes = encodeState(state)
  const decoded = decodeState(bytes)
  if (decoded.kind !== "ok") throw new Disagreement(`a stored state does not decode: ${decoded.why}`)
  require(equalBytes(encodeState(decoded.value), bytes), "a stored state is another when stored again")
  return decoded.value
}
