import { equalBytes, type Bytes } from "@starling/kernel"

/**
 * A set of public keys as a value: a trie over their nibbles, so that adding or deleting one key shares all of the rest.
 * Slot 0 of a branch holds the key that ends there, slot `1 + nibble` those that go on.
 */
export type KeySet = undefined | Bytes | KeySetBranch

interface KeySetBranch {
  readonly slots: readonly KeySet[]
}

const SLOTS = 17

export function hasKey(set: KeySet, key: Uint8Array): boolean {
  let at = set
  for (let depth = 0; at !== undefined; depth++) {
    if (at instanceof Uint8Array) return equalBytes(at, key)
    at = at.slots[slot(key, depth)]
  }
  return false
}

/** The set with `key`, which it must not hold yet. */
export function addKey(set: KeySet, key: Bytes, depth = 0): KeySet {
  if (set === undefined) return key
  if (set instanceof Uint8Array) {
    if (equalBytes(set, key)) throw new RangeError("a key set holds a key once")
    return addKey(replace({ slots: Array.from<KeySet>({ length: SLOTS }) }, slot(set, depth), set), key, depth)
  }
  const index = slot(key, depth)
  return replace(set, index, addKey(set.slots[index], key, depth + 1))
}

/** The set without `key`. */
export function deleteKey(set: KeySet, key: Uint8Array, depth = 0): KeySet {
  if (set === undefined) return undefined
  if (set instanceof Uint8Array) return equalBytes(set, key) ? undefined : set
  const index = slot(key, depth)
  const rest = replace(set, index, deleteKey(set.slots[index], key, depth + 1))
  const filled = rest.slots.filter((entry) => entry !== undefined)
  const only = filled.length === 1 ? filled[0] : rest
  return filled.length === 0 ? undefined : only instanceof Uint8Array ? only : rest
}

function replace(branch: KeySetBranch, index: number, value: KeySet): KeySetBranch {
  return { slots: branch.slots.with(index, value) }
}

function slot(key: Uint8Array, depth: number): number {
  const byte = key[depth >> 1]
  if (byte === undefined) return 0
  return 1 + (depth % 2 === 0 ? byte >> 4 : byte & 15)
}
