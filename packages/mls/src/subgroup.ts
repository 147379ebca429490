import type { Bytes } from "@starling/kernel"

import { MLS10 } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import { buildCommit } from "./create-commit.ts"
import { createGroup } from "./create-group.ts"
import type { Extension } from "./extension.ts"
import { pskSourceAfter, verifySuccession, type FormerGroup, type GroupLink } from "./former-group.ts"
import type { GroupState } from "./group-state.ts"
import type { KeyPackage } from "./key-package.ts"
import type { Lifetime } from "./leaf-node.ts"
import type { NewLeaf } from "./leaf-profile.ts"
import type { PskReference, PskSource } from "./pre-shared-key.ts"
import { orRefused, type Refused } from "./refusal.ts"

export interface Reinitialising extends NewLeaf {
  /** Of this member's new leaf. */
  readonly lifetime: Lifetime
  /** Of everybody else, for the suite of the new group. */
  readonly keyPackages: readonly KeyPackage[]
  readonly isSameMember?: FormerGroup["isSameMember"]
  /** Further keys for the new group, which all its members know. */
  readonly presharedKeys?: readonly PskReference[]
  readonly psks?: PskSource
  /** Whether the Welcome has the tree inside, as it does unless told otherwise. */
  readonly ratchetTree?: boolean
  readonly groupInfoExtensions?: readonly Extension[]
  /** Seconds since 1970; key packages whose lifetime does not hold it are refused. */
  readonly now: bigint
}

export interface Branching extends Reinitialising {
  /** Never used before. */
  readonly groupId: Uint8Array
  /** Of the new GroupContext; none unless given. */
  readonly extensions?: readonly Extension[]
}

export interface Subgroup {
  readonly kind: "ok"
  /** The new group, in epoch 1. */
  readonly state: GroupState
  /** MLSMessage(Welcome) for all others; each joins with the `former` group at hand. `undefined` where there are none. */
  readonly welcome: Bytes | undefined
}

/**
 * RFC 9420, 11.2: the group that takes the place of `former`, in which a ReInit was committed, with all its members. `mls`
 * is for the suite that the ReInit names. Any member may do so; that one of them did is for the application to see to.
 */
export function reinitialise(mls: MlsContext, former: GroupState, options: Reinitialising): Subgroup | Refused {
  const { reinit } = former
  if (reinit === undefined) throw new RangeError("a group goes on under another id once a ReInit was committed")
  const { groupId, version, ciphersuite, extensions } = reinit
  return orRefused(() => found(mls, former, "reinit", { ...options, groupId, version, ciphersuite, extensions }))
}

/** RFC 9420, 11.3: a new group of some members of `former`, who are known to one another by having been in it. */
export function branch(mls: MlsContext, former: GroupState, options: Branching): Subgroup | Refused {
  const { version, ciphersuite } = former
  return orRefused(() => found(mls, former, "branch", { extensions: [], ...options, version, ciphersuite }))
}

interface Founding extends Branching {
  readonly version: number
  readonly ciphersuite: number
  readonly extensions: readonly Extension[]
}

function found(mls: MlsContext, former: GroupState, usage: GroupLink, founding: Founding): Subgroup {
  const { version, ciphersuite, keyPackages, presharedKeys = [], psks, isSameMember } = founding
  if (version !== MLS10) throw new RangeError(`protocol version ${version} is not known here`)
  if (ciphersuite !== mls.crypto.suite.id) throw new RangeError(`the new group is of cipher suite ${ciphersuite}`)
  const link: PskReference = { kind: "resumption", usage, groupId: former.groupId, epoch: former.epoch }
  const group: FormerGroup = { state: former, ...(isSameMember && { isSameMember }) }
  const { ratchetTree = true, groupInfoExtensions = [], now } = founding
  const proposals = [
    ...keyPackages.map((keyPackage) => ({ kind: "add", keyPackage }) as const),
    ...[link, ...presharedKeys].map((psk) => ({ kind: "psk", psk }) as const),
  ]
  const options = { proposals, path: true, psks: pskSourceAfter(group, psks), ratchetTree, groupInfoExtensions, now }
  const { next, welcome } = buildCommit(mls, createGroup(mls, founding), options, "first-epoch")
  verifySuccession(group, usage, next, next.tree)
  return { kind: "ok", state: next, welcome }
}
