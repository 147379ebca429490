import { join, members, receive, type GroupState, type MlsContext, type PskSource } from "@starling/mls"
import type { Bytes } from "@starling/kernel"
import { decodeMlsMessage, decryptWithLabel, encodeGroupContext, type Commit } from "@starling/mls/rfc9420"

import type { Chance } from "./chance.ts"
import { Disagreement, require } from "./disagreement.ts"
import type { HeldEpoch, Participant } from "./participant.ts"
import { digest } from "./recorded-crypto.ts"

/** Messages that a removed member tries everything on; of later epochs they see one each. */
const WATCHED = 50
/** Removed members who go on to see one message of each epoch; beyond, the oldest give up. */
const MOST_RETIRED = 8
/** Attempts on one commit or Welcome: who was removed in it tries always, of the others this many. */
const OTHERS = 3
/** Epochs whose secrets are tried where it is not all of them. */
const EPOCHS = 4
/** A leaf that nobody has: the engine refuses messages of one's own before it tries a key. */
const NO_LEAF = 0xff_ffff

export interface Removed {
  readonly member: Participant
  messagesLeft: number
  lastEpochTried: bigint
}

/** A commit with what everybody, the removed included, may know of it. */
export interface SeenCommit {
  readonly commit: Bytes
  /** The states of members; only their public parts are given away, but where an attempt says more. */
  readonly before: GroupState
  readonly next: GroupState
  readonly welcome: Bytes | undefined
  /** The public keys that the commit and its Welcome encrypt to. */
  readonly recipients: readonly Bytes[]
}

/** Those who are out, with all that they ever held; every way in is tried, and one that opens is a Disagreement. */
export class RemovedMembers {
  readonly #mls: MlsContext
  readonly #chance: Chance
  readonly #psks: PskSource
  watching: Removed[] = []
  retired: Removed[] = []
  /** Digests of the public keys that somebody outside has the private key of. */
  lost = new Set<number>()
  attempts = 0

  /** `psks`: the removed know every pre-shared key. */
  constructor(mls: MlsContext, chance: Chance, psks: PskSource) {
    this.#mls = mls
    this.#chance = chance
    this.#psks = psks
  }

  /** Somebody leaves; they see what follows, the commit that removes them first. */
  add(member: Participant): void {
    this.watching.push({ member, messagesLeft: WATCHED, lastEpochTried: member.state.epoch })
    for (const key of member.store.publicKeys) this.lost.add(key)
  }

  /** An application message of an epoch that none of the removed was in. */
  tryMessage(message: Bytes, sent: GroupState): void {
    for (const removed of [...this.watching, ...this.retired]) {
      if (sent.epoch <= removed.member.state.epoch) continue
      const first = removed.lastEpochTried < sent.epoch
      if (removed.messagesLeft === 0 && !first) continue
      removed.lastEpochTried = sent.epoch > removed.lastEpochTried ? sent.epoch : removed.lastEpochTried
      const thorough = removed.messagesLeft > 0 ? removed.messagesLeft % 10 === 0 : this.#chance.percent(10)
      if (removed.messagesLeft > 0) removed.messagesLeft--
      this.#readMessage(removed.member, message, sent, thorough)
    }
    const done = this.watching.filter(({ messagesLeft }) => messagesLeft === 0)
    this.watching = this.watching.filter(({ messagesLeft }) => messagesLeft > 0)
    this.retired = [...this.retired, ...done].slice(-MOST_RETIRED)
  }

  /** `leaving`: who is removed in this very commit. */
  tryCommit(seen: SeenCommit, leaving: readonly Participant[]): void {
    for (const key of seen.recipients) {
      const known = this.lost.has(digest(this.#mls.crypto, key))
      require(!known, "something is encrypted to a key that a removed member holds")
    }
    const others = this.watching.map(({ member }) => member).filter((member) => !leaving.includes(member))
    for (const member of [...leaving, ...this.#chance.some(others, OTHERS)]) {
      this.#followCommit(member, seen, leaving.includes(member))
      if (seen.welcome !== undefined) this.#readWelcome(member, seen.welcome)
    }
  }

  #readMessage(member: Participant, message: Bytes, sent: GroupState, thorough: boolean): void {
    const epochs = member.store.epochs
    for (const state of [member.state, ...(thorough ? member.past : [])]) {
      this.#mustFail(member, "reads a message", () => receive(this.#mls, state, message).kind)
    }
    // with the public part of the current epoch: by each epoch's keys, and by its message keys alone
    const current: GroupState = { ...sent, ownLeafIndex: NO_LEAF }
    for (const { keys, secretTree } of thorough ? epochs : epochs.slice(-EPOCHS)) {
      this.#mustFail(member, "reads a message by old keys", () => {
        return receive(this.#mls, { ...current, keys, secretTree }, message).kind
      })
    }
    for (const { secretTree } of this.#mostRecentAndSome(epochs, thorough ? EPOCHS : 1)) {
      this.#mustFail(member, "reads a message by an old secret tree", () => {
        return receive(this.#mls, { ...current, secretTree }, message).kind
      })
    }
  }

  /** Their own last state passed off as another member's, and the epoch before with one secret of theirs in it. */
  #followCommit(member: Participant, seen: SeenCommit, isLeaving: boolean): void {
    const { before, commit } = seen
    const options = { psks: this.#psks }
    if (isLeaving) {
      for (const { ownLeafIndex } of this.#chance.some(this.#elsewhere(seen, member), 2)) {
        this.#mustFail(member, "follows the commit that removed them", () => {
          return receive(this.#mls, { ...member.state, ownLeafIndex }, commit, options).kind
        })
      }
      this.#decryptPath(member, seen)
    }
    for (const held of this.#mostRecentAndSome(member.store.epochs, isLeaving ? EPOCHS : 1)) {
      // given all of the epoch but its init secret and private keys
      const keys = { ...before.keys, init: held.keys.init }
      const informed = { ...before, keys, privateKeys: held.privateKeys, ownLeafIndex: NO_LEAF }
      const [position] = this.#chance.some(this.#elsewhere(seen, member), 1)
      if (position === undefined) continue
      this.#mustFail(member, "follows a commit by an old init secret", () => {
        return receive(this.#mls, { ...informed, ...position }, commit, options).kind
      })
    }
  }

  /** Places of others who stay, but not of the committer. */
  #elsewhere({ before, next }: SeenCommit, member: Participant): readonly { readonly ownLeafIndex: number }[] {
    const there = new Set(members(before).map(({ leafIndex }) => leafIndex))
    return members(next)
      .map(({ leafIndex }) => ({ ownLeafIndex: leafIndex }))
      .filter(({ ownLeafIndex: at }) => at !== next.ownLeafIndex && at !== member.state.ownLeafIndex && there.has(at))
  }

  #decryptPath(member: Participant, { commit, before, next }: SeenCommit): void {
    const context = encodeGroupContext({ ...next, confirmedTranscriptHash: before.confirmedTranscriptHash })
    for (const node of publicCommit(commit)?.path?.nodes ?? []) {
      for (const sealed of node.encryptedPathSecret) {
        for (const key of member.state.privateKeys.values()) {
          this.attempts++
          const opened = decryptWithLabel(this.#mls.crypto, key, "UpdatePathNode", context, sealed)
          require(opened === undefined, `${member.name}, who was removed, decrypts a path secret`)
        }
      }
    }
  }

  #readWelcome(member: Participant, welcome: Bytes): void {
    const { keyPackage, signatureKeys } = member.client
    const decoded = decodeMlsMessage(welcome)
    if (decoded.kind !== "ok" || decoded.value.kind !== "welcome") throw new Disagreement("a Welcome does not decode")
    for (const { newMember } of decoded.value.welcome.secrets.slice(0, 2)) {
      const claimed = { ...keyPackage, reference: newMember }
      this.#mustFail(member, "reads a Welcome", () => {
        return join(this.#mls, { welcome, keyPackage: claimed, signatureKeys, psks: this.#psks }).kind
      })
    }
  }

  #mostRecentAndSome(epochs: readonly HeldEpoch[], count: number): readonly HeldEpoch[] {
    return [...epochs.slice(-1), ...this.#chance.some(epochs.slice(0, -1), count - 1)]
  }

  /** A state that was put together may be one that the engine itself would call broken. */
  #mustFail(member: Participant, what: string, attempt: () => string): void {
    this.attempts++
    let kind: string
    try {
      kind = attempt()
    } catch (error) {
      if (error instanceof RangeError || error instanceof TypeError) return
      throw error
    }
    require(kind === "refused" || kind === "self-removed", `${member.name}, who was removed, ${what}`)
  }
}

function publicCommit(bytes: Bytes): Commit | undefined {
  const decoded = decodeMlsMessage(bytes)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") return undefined
  const { content } = decoded.value.message.framed
  return content.kind === "commit" ? content.commit : undefined
}
