import { utf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createKeyPackage,
  generateSignatureKeyPair,
  type CreatedCommit,
  type Credential,
  type CryptoProvider,
  type GroupState,
  type Lifetime,
  type MlsContext,
  type NewCommit,
  type OwnKeyPackage,
  type SignatureKeyPair,
} from "@starling/mls"
import { leafCount } from "@starling/mls/rfc9420"

import { countedRandom } from "./counted-random.ts"
import { warmGroup, type WarmGroup } from "./warm-group.ts"

/** Seconds since 1970, for engines that look at the clock of the machine. */
export const PRESENT = BigInt(Math.floor(Date.now() / 1000))
const LIFETIME = { notBefore: PRESENT - 3600n, notAfter: PRESENT + 86_400n }

export interface Client {
  readonly credential: Credential
  readonly signatureKeys: SignatureKeyPair
  readonly lifetime: Lifetime
}

/** Who takes part in what is measured: the first member of a warm group commits and sends, the last one receives. */
export interface Scene {
  readonly mls: MlsContext
  readonly group: WarmGroup
  readonly committer: GroupState
  readonly receiver: GroupState
  /** In the other half of the tree than the committer, so that its removal blanks a way up to the root. */
  readonly removed: number
}

export function sceneOf(crypto: CryptoProvider, size: number, name?: (leafIndex: number) => Bytes): Scene {
  const random = countedRandom()
  const mls: MlsContext = { crypto, random, authenticate: () => undefined }
  const group = warmGroup(crypto, random, size, name)
  const committer = group.state(0)
  return { mls, group, committer, receiver: group.state(size - 1), removed: Math.floor(leafCount(committer.tree) / 2) }
}

export function newClient(mls: MlsContext, identity: Bytes = utf8("somebody new")): Client {
  return {
    credential: { kind: "basic", identity },
    signatureKeys: generateSignatureKeyPair(mls),
    lifetime: LIFETIME,
  }
}

export interface Newcomer {
  readonly client: Client
  readonly keyPackage: OwnKeyPackage
}

export function newcomer(mls: MlsContext, identity?: Bytes): Newcomer {
  const client = newClient(mls, identity)
  return { client, keyPackage: createKeyPackage(mls, client) }
}

/** A commit that must succeed. */
export function commit(mls: MlsContext, state: GroupState, options: Omit<NewCommit, "now">): CreatedCommit {
  const made = createCommit(mls, state, { ...options, now: PRESENT })
  if (made.kind !== "ok") throw new Error(`refused: ${made.reason} (${made.section})`)
  return made
}
