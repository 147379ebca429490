import { credentialType } from "./credential.ts"
import type { LeafNode } from "./leaf-node.ts"
import { refuse } from "./refusal.ts"
import type { Subtree } from "./subtree.ts"

/** Credential types, ascending: those in use below a node, and those that everybody there supports. */
export interface CredentialSupport {
  readonly used: readonly number[]
  readonly common: readonly number[]
}

/** RFC 9420, 7.3: every credential type in use below `root` is supported by everybody there. */
export function requireCredentialsSupported(root: Subtree): void {
  const { used, common } = credentialSupport(root)
  for (const type of used) if (!common.includes(type)) refuse("credential-not-supported", "7.3")
}

/** Remembered for each subtree, so that one more leaf costs its path alone. */
function credentialSupport(subtree: Subtree): CredentialSupport {
  const known = subtree.knownSupport
  if (known !== undefined) return known
  const support = subtree.kind === "leaf" ? leafSupport(subtree.node) : merged(subtree.left, subtree.right)
  subtree.knownSupport = support
  return support
}

const NONE: CredentialSupport = { used: [], common: [] }

function leafSupport(leaf: LeafNode | undefined): CredentialSupport {
  if (leaf === undefined) return NONE
  const common = [...new Set(leaf.capabilities.credentials)].sort((a, b) => a - b)
  return { used: [credentialType(leaf.credential)], common }
}

/** One of the two where they are alike: in most groups all members are alike, and share one value. */
function merged(left: Subtree, right: Subtree): CredentialSupport {
  const a = credentialSupport(left)
  const b = credentialSupport(right)
  if (right.members === 0) return a
  if (left.members === 0 || isAlike(a, b)) return b
  return {
    used: [...new Set([...a.used, ...b.used])].sort((x, y) => x - y),
    common: a.common.filter((type) => b.common.includes(type)),
  }
}

function isAlike(a: CredentialSupport, b: CredentialSupport): boolean {
  return a === b || (isEqual(a.used, b.used) && isEqual(a.common, b.common))
}

function isEqual(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i])
}
