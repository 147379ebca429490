import { equalBytes, type Bytes } from "@starling/kernel"

/**
 * A set of public keys as a value: a trie over their nibbles, so that adding or deleting one key shares all of the rest.
 * There is a branch only where keys part, so whoever chooses the keys can't make it larger than their number allows.
 */
export type KeySet = undefined | Bytes | KeySetBranch

/** Keys whose first `depth` nibbles are equal: slot 0 holds the one that ends there, slot `1 + nibble` those that go on. */
interface KeySetBranch {
  readonly depth: number
  readonly slots: readonly KeySet[]
}

const SLOTS = 17

export function hasKey(set: KeySet, key: Uint8Array): boolean {
  let at = set
  while (at !== undefined && !(at instanceof Uint8Array)) at = at.slots[slot(key, at.depth)]
  return at !== undefined && equalBytes(at, key)
}

/** The set with `key`, which it must not hold yet. */
export function addKey(set: KeySet, key: Bytes): KeySet {
  if (set === undefined) return key
  const near = nearest(set, key)
  if (equalBytes(near, key)) throw new RangeError("a key set holds a key once")
  let depth = 0
  while (slot(near, depth) === slot(key, depth)) depth++
  return inserted(set, key, near, depth)
}

/** The set without `key`. */
export function deleteKey(set: KeySet, key: Uint8Array): KeySet {
  if (set === undefined) return undefined
  if (set instanceof Uint8Array) return equalBytes(set, key) ? undefined : set
  const index = slot(key, set.depth)
  const rest = replace(set, index, deleteKey(set.slots[index], key))
  const filled = rest.slots.filter((entry) => entry !== undefined)
  return filled.length === 1 ? filled[0] : rest
}

/** One of the keys that share the most nibbles with `key`. */
function nearest(set: Bytes | KeySetBranch, key: Uint8Array): Bytes {
  let at = set
  while (!(at instanceof Uint8Array)) {
    const next: KeySet = at.slots[slot(key, at.depth)] ?? at.slots.find((entry) => entry !== undefined)
    if (next === undefined) throw new RangeError("a branch of a key set is never empty")
    at = next
  }
  return at
}

/** `near`, which is in the set, and `key` part after `depth` nibbles. */
function inserted(set: KeySet, key: Bytes, near: Uint8Array, depth: number): KeySet {
  if (set === undefined) return key
  if (set instanceof Uint8Array || set.depth > depth) {
    const slots = Array.from<KeySet>({ length: SLOTS }).with(slot(near, depth), set).with(slot(key, depth), key)
    return { depth, slots }
  }
  const index = slot(key, set.depth)
  return replace(set, index, inserted(set.slots[index], key, near, depth))
}

function replace(branch: KeySetBranch, index: number, value: KeySet): KeySetBranch {
  return { ...branch, slots: branch.slots.with(index, value) }
}

function slot(key: Uint8Array, depth: number): number {
  const byte = key[depth >> 1]
  if (byte === undefined) return 0
  return 1 + (depth % 2 === 0 ? byte >> 4 : byte & 15)
}
