/** Bounds on what a peer can make us hold. */

/** Bytes of one MLSMessage; a Welcome with the tree of 65 536 members fits in the suites of RFC 9420, of 20 000 in the hybrid. */
export const MAX_MESSAGE = 1 << 26

/** Bytes of a public key; post-quantum ones fit. */
export const MAX_PUBLIC_KEY = 2048

/** Leaves of a ratchet tree, blank ones included; as many proposals, new members and ciphertexts stand in one message. */
export const MAX_LEAVES = 1 << 16

/** Parents of a path: a tree of `MAX_LEAVES` is 16 high. */
export const MAX_PATH = 16

/** Bytes of a hash, and so of a reference (RFC 9420, 5.2): those of SHA-256, SHA-384 and SHA-512. */
export const REFERENCE_LENGTHS: readonly number[] = [32, 48, 64]

/** Entries of one list in Capabilities or RequiredCapabilities, extensions in one place, external senders. */
export const MAX_LISTED = 256

/** Certificates of one X.509 credential (RFC 9420, 5.3). */
export const MAX_CERTIFICATES = 32

/** Keys in a tree whose `keyHash` is the same: among honest ones, three in a tree of any size are a rarity. */
export const MAX_ALIKE = 16

/** RFC 9420, 8.4: pre-shared keys are counted in a uint16. */
export const MAX_PSKS = 0xffff

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
