/** Bounds on what a peer can make us hold. None of them is reached by a group that the rest of them allows. */

/** Bytes of one MLSMessage; a Welcome to 65 536 members with their tree fits. */
export const MAX_MESSAGE = 1 << 26

/** Bytes of a public key; post-quantum ones fit. */
export const MAX_PUBLIC_KEY = 2048

/** Leaves of a ratchet tree, blank ones included. */
export const MAX_LEAVES = 1 << 16

/** RFC 9420, 9.2 and 15.3: how far messages may come out of order. */
export interface RatchetLimits {
  /** Generations by which a message may be ahead of the last one from its sender. */
  readonly forward: number
  /** Message keys kept per ratchet for messages that come late; the oldest go first. */
  readonly skipped: number
}

export const RATCHET_LIMITS: RatchetLimits = { forward: 1000, skipped: 1000 }

/** Proposals kept in an epoch for a commit to refer to. */
export const MAX_PENDING = 4096

/** Those of them that may come from outside of the group, where anybody can ask to be added. */
export const MAX_PENDING_FROM_OUTSIDE = 1024
