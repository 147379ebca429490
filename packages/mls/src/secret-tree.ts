import { utf8, type Bytes } from "@starling/kernel"

import type { CryptoProvider } from "./crypto-provider.ts"
import { deriveTreeSecret, expandWithLabel } from "./labelled-crypto.ts"
import { RATCHET_LIMITS, type RatchetLimits } from "./limits.ts"
import { refuse } from "./refusal.ts"

/** RFC 9420, 9: application data has a ratchet of its own, all else goes by the other. */
export type RatchetType = "handshake" | "application"

/**
 * RFC 9420, 9: the keys of an epoch, as a value. A subtree stays one secret until a message from a leaf below it is
 * sent or received; then that secret is gone and its children's take its place.
 */
export type SecretTree =
  | { readonly kind: "secret"; readonly secret: Bytes }
  | { readonly kind: "split"; readonly left: SecretTree; readonly right: SecretTree }
  | ({ readonly kind: "leaf" } & Readonly<Record<RatchetType, Ratchet>>)

export interface Ratchet {
  readonly secret: Bytes
  /** Of the next key in order. */
  readonly generation: number
  /** Keys of generations that were passed over, by generation, in order. */
  readonly skipped: ReadonlyMap<number, MessageKey>
}

export interface MessageKey {
  readonly key: Bytes
  readonly nonce: Bytes
}

/** A key taken out of a tree, and the tree that lacks it. */
export interface TakenKey extends MessageKey {
  readonly tree: SecretTree
  readonly generation: number
}

const NOTHING = new Uint8Array(0)
const LEFT = utf8("left")
const RIGHT = utf8("right")

export function secretTree(encryptionSecret: Bytes): SecretTree {
  return { kind: "secret", secret: encryptionSecret }
}

/** The key of one message, for its user to wipe. `generation` is that of a received message; for one to be sent it is left out. */
export function takeKey(
  crypto: CryptoProvider,
  tree: SecretTree,
  leafCount: number,
  leafIndex: number,
  type: RatchetType,
  generation?: number,
  limits: RatchetLimits = RATCHET_LIMITS,
): TakenKey {
  if (tree.kind === "secret")
    return takeKey(crypto, opened(crypto, tree.secret, leafCount), leafCount, leafIndex, type, generation, limits)
  if (tree.kind === "leaf") {
    const { ratchet, ...taken } = takeFromRatchet(crypto, tree[type], generation ?? tree[type].generation, limits)
    return { ...taken, tree: { ...tree, [type]: ratchet } }
  }
  const half = leafCount / 2
  if (leafIndex < half) {
    const taken = takeKey(crypto, tree.left, half, leafIndex, type, generation, limits)
    return { ...taken, tree: { ...tree, left: taken.tree } }
  }
  const taken = takeKey(crypto, tree.right, half, leafIndex - half, type, generation, limits)
  return { ...taken, tree: { ...tree, right: taken.tree } }
}

/** One step down: two subtrees, or the two ratchets of a leaf. */
function opened(crypto: CryptoProvider, secret: Uint8Array, leafCount: number): SecretTree {
  const { hashLength } = crypto.suite
  const expand = (label: string, context: Uint8Array) => expandWithLabel(crypto, secret, label, context, hashLength)
  if (leafCount === 1) {
    const ratchet = (type: RatchetType) => ({ secret: expand(type, NOTHING), generation: 0, skipped: new Map() })
    return { kind: "leaf", handshake: ratchet("handshake"), application: ratchet("application") }
  }
  return { kind: "split", left: secretTree(expand("tree", LEFT)), right: secretTree(expand("tree", RIGHT)) }
}

function takeFromRatchet(crypto: CryptoProvider, ratchet: Ratchet, generation: number, limits: RatchetLimits) {
  if (generation < ratchet.generation) {
    const kept = ratchet.skipped.get(generation) ?? refuse("generation-used", "9.1")
    const skipped = new Map(ratchet.skipped)
    skipped.delete(generation)
    return { key: kept.key.slice(), nonce: kept.nonce.slice(), generation, ratchet: { ...ratchet, skipped } }
  }
  if (generation - ratchet.generation > limits.forward) refuse("generation-too-far", "9.2")
  let { secret, skipped } = ratchet
  if (generation > ratchet.generation) {
    const keys = new Map(skipped)
    for (let passed = ratchet.generation; passed < generation; passed++) {
      keys.set(passed, messageKey(crypto, secret, passed))
      secret = nextSecret(crypto, secret, passed)
    }
    for (const oldest of [...keys.keys()].slice(0, Math.max(0, keys.size - limits.skipped))) keys.delete(oldest)
    skipped = keys
  }
  return {
    ...messageKey(crypto, secret, generation),
    generation,
    ratchet: { secret: nextSecret(crypto, secret, generation), generation: generation + 1, skipped },
  }
}

function messageKey(crypto: CryptoProvider, secret: Uint8Array, generation: number): MessageKey {
  const { aeadKeyLength, aeadNonceLength } = crypto.suite
  return {
    key: deriveTreeSecret(crypto, secret, "key", generation, aeadKeyLength),
    nonce: deriveTreeSecret(crypto, secret, "nonce", generation, aeadNonceLength),
  }
}

function nextSecret(crypto: CryptoProvider, secret: Uint8Array, generation: number): Bytes {
  return deriveTreeSecret(crypto, secret, "secret", generation, crypto.suite.hashLength)
}
