import { toHex } from "@starling/kernel"
import type { CryptoProvider, GroupState } from "@starling/mls"
import { subtreeAt } from "@starling/mls/rfc9420"

import type { Client } from "../world.ts"
import { require } from "./disagreement.ts"
import { digest } from "./recorded-crypto.ts"

/** How many epochs a member goes back for messages that come late. */
export const RETAINED = 3

/** The secrets of one epoch as they were before anything of them was used up and erased. */
export type HeldEpoch = Pick<GroupState, "epoch" | "keys" | "secretTree" | "privateKeys" | "ownLeafIndex">

/** Everything that a member ever held. */
export interface KeyStore {
  readonly epochs: HeldEpoch[]
  /** Digests of the public keys of all HPKE private keys. */
  readonly publicKeys: Set<number>
}

/** A member with their own view of the group. */
export interface Participant {
  readonly name: string
  readonly client: Client
  state: GroupState
  /** Earlier epochs, the newest first. */
  past: GroupState[]
  /** How many of the group's handshake messages they have processed. */
  position: number
  /** Number of the operation before which they process nothing. */
  asleepUntil: number
  readonly store: KeyStore
}

/** A member as they come in, at their first state. */
export function participant(
  crypto: CryptoProvider,
  name: string,
  client: Client,
  state: GroupState,
  position: number,
): Participant {
  const publicKeys = new Set([digest(crypto, client.keyPackage.keyPackage.initKey)])
  const someone = { name, client, state, past: [], position, asleepUntil: 0, store: { epochs: [], publicKeys } }
  keep(crypto, someone.store, state)
  return someone
}

/** Goes on to the next epoch. */
export function enterEpoch(crypto: CryptoProvider, someone: Participant, next: GroupState): void {
  someone.past = [someone.state, ...someone.past].slice(0, RETAINED)
  someone.state = next
  keep(crypto, someone.store, next)
}

/** The state of an epoch, and how to put another in its place. */
export function stateOf(someone: Participant, epoch: bigint): GroupState | undefined {
  return [someone.state, ...someone.past].find((state) => state.epoch === epoch)
}

export function replaceState(someone: Participant, next: GroupState): void {
  if (someone.state.epoch === next.epoch) someone.state = next
  else someone.past = someone.past.map((state) => (state.epoch === next.epoch ? next : state))
}

function keep(crypto: CryptoProvider, store: KeyStore, state: GroupState): void {
  const { epoch, keys, secretTree, privateKeys, ownLeafIndex } = state
  store.epochs.push({ epoch, keys, secretTree, privateKeys, ownLeafIndex })
  for (const index of privateKeys.keys()) {
    const key = subtreeAt(state.tree, index)?.node?.encryptionKey
    require(key !== undefined, `a private key of node ${index}, which is blank`)
    store.publicKeys.add(digest(crypto, key))
  }
}

export function agreement({ epoch, epochAuthenticator, treeHash, confirmedTranscriptHash }: GroupState): string {
  return `${epoch} ${[epochAuthenticator, treeHash, confirmedTranscriptHash].map(toHex).join(" ")}`
}
