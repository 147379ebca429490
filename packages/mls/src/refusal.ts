/** Why something that a peer made was refused; one code per cause. */
export type RefusalReason =
  // shape
  | "malformed"
  | "unsupported-version"
  | "unsupported-ciphersuite"
  | "unexpected-wire-format"
  | "unknown-proposal-type"
  // addressing
  | "wrong-group"
  | "wrong-epoch"
  | "unknown-sender"
  | "sender-type-not-allowed"
  | "own-message"
  | "unknown-external-sender"
  | "not-for-this-key-package"
  // authenticity
  | "bad-membership-tag"
  | "bad-signature"
  | "bad-confirmation-tag"
  | "application-not-encrypted"
  | "undecryptable"
  | "nonzero-padding"
  | "generation-used"
  | "generation-too-far"
  | "secret-gone"
  // leaf nodes and key packages
  | "credential-rejected"
  | "credential-not-supported"
  | "extension-not-supported"
  | "required-capability-missing"
  | "wrong-leaf-source"
  | "lifetime"
  | "duplicate-signature-key"
  | "duplicate-encryption-key"
  | "init-key-is-encryption-key"
  | "invalid-public-key"
  // a bound of ours: see `MAX_ALIKE`
  | "too-many-alike"
  // proposal lists
  | "unknown-proposal"
  | "no-such-member"
  | "update-by-committer"
  | "remove-of-committer"
  | "two-proposals-for-one-leaf"
  | "client-added-twice"
  | "duplicate-psk"
  | "invalid-psk"
  | "unknown-psk"
  | "two-group-context-extensions"
  | "reinit-with-others"
  | "invalid-reinit"
  | "external-init-in-member-commit"
  | "external-init-missing"
  | "not-in-external-commit"
  | "too-many-proposals"
  // commits
  | "path-required"
  | "path-of-wrong-length"
  | "path-key-reused"
  | "path-key-mismatch"
  | "parent-hash-mismatch"
  | "group-reinitialised"
  | "no-epoch-left"
  | "group-full"
  | "invalid-kem-output"
  // joining
  | "no-ratchet-tree"
  | "tree-hash-mismatch"
  | "unmerged-leaf-invalid"
  | "own-leaf-missing"
  | "inviter-missing"
  | "path-secret-mismatch"
  | "path-secret-missing"
  | "already-in-group"
  | "no-external-pub"
  // successor groups
  | "former-group-missing"
  | "former-group-mismatch"
  | "members-mismatch"

/** Something that a peer made and that the RFC forbids; the state it was meant for is as it was. */
export interface Refused {
  readonly kind: "refused"
  readonly reason: RefusalReason
  /** The clause that was broken, as `RFC 9420, 12.2`. */
  readonly section: string
}

/** Thrown by `refuse` only, and turned into a `Refused` by `orRefused`. */
class Refusal extends Error {
  readonly refused: Refused

  constructor(refused: Refused) {
    super(refused.reason)
    this.refused = refused
  }
}

/** Ends what `orRefused` runs. */
export function refuse(reason: RefusalReason, section: string): never {
  throw new Refusal({ kind: "refused", reason, section: `RFC 9420, ${section}` })
}

/** Runs the processing of something that a peer made: the one place where a refusal surfaces. */
export function orRefused<T>(process: () => T): T | Refused {
  try {
    return process()
  } catch (error) {
    if (error instanceof Refusal) return error.refused
    throw error
  }
}
