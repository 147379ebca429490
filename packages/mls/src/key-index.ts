/**
 * Which nodes of a tree have a key with a given hash: a value, of which the version used last is a hash table and every
 * other a difference to its neighbour (persistent arrays as of H. G. Baker, "Shallow binding makes functional arrays
 * fast", 1991). A change costs what it changes, whatever the size, and an older version keeps no table of its own.
 */
export class KeyIndex {
  /** Of the version used last. */
  #table: Table | undefined
  /** Of every other: `#neighbour` without `#surplus` and with `#lacking` is this version. */
  #neighbour: KeyIndex | undefined
  #surplus: KeyEntries = []
  #lacking: KeyEntries = []

  private constructor(table: Table) {
    this.#table = table
  }

  static of(entries: KeyEntries): KeyIndex {
    const table = new Table(entries.length)
    table.addAll(entries)
    return new KeyIndex(table)
  }

  /** The index without `removed`, which it holds, and with `added`; this one stays what it was. */
  replaced(removed: KeyEntries, added: KeyEntries): KeyIndex {
    const table = KeyIndex.#bringTable(this)
    table.removeAll(removed)
    table.addAll(added)
    const next = new KeyIndex(table)
    this.#pointTo(next, added, removed)
    return next
  }

  /** The nodes whose key has this hash. */
  nodes(hash: number): readonly number[] {
    return KeyIndex.#bringTable(this).nodes(hash)
  }

  #pointTo(neighbour: KeyIndex, surplus: KeyEntries, lacking: KeyEntries): void {
    this.#table = undefined
    this.#neighbour = neighbour
    this.#surplus = surplus
    this.#lacking = lacking
  }

  /** Brings the table to a version, and turns the differences on the way to it around. */
  static #bringTable(version: KeyIndex): Table {
    const way: KeyIndex[] = []
    let at = version
    while (at.#neighbour !== undefined) {
      way.push(at)
      at = at.#neighbour
    }
    const table = at.#table
    if (table === undefined) throw new RangeError("one version of a key index has the table")
    for (const next of way.toReversed()) {
      table.removeAll(next.#surplus)
      table.addAll(next.#lacking)
      at.#pointTo(next, next.#lacking, next.#surplus)
      next.#neighbour = undefined
      next.#table = table
      at = next
    }
    return table
  }
}

/** Hashes of keys, each followed by the index of its node. */
export type KeyEntries = readonly number[]

/** Bytes from the end of a key, which no two honest keys have alike. */
const HASHED = 32

/**
 * 30 bits. Whoever chooses keys can make hashes collide; a tree takes no more than `MAX_ALIKE` keys of one hash, so that
 * nobody can slow the others down by more than that factor.
 */
export function keyHash(key: Uint8Array): number {
  let hash = key.length
  for (const byte of key.subarray(-HASHED)) hash = Math.imul(hash ^ byte, 0x5bd1e995) ^ (hash >>> 15)
  return (hash ^ (hash >>> 13)) & 0x3fffffff
}

const FREE = 0
const GONE = -1

/** Open addressing with a step of its own for each hash; a place holds a hash and, one greater than it is, the index of a node. */
class Table {
  #places: Int32Array
  /** Places that are not free. */
  #used = 0
  #held = 0

  constructor(numbers: number) {
    this.#places = new Int32Array(sizeFor(numbers / 2))
  }

  nodes(hash: number): readonly number[] {
    const found: number[] = []
    const places = this.#places
    const mask = places.length - 1
    const step = stepOf(hash)
    for (let at = (2 * hash) & mask; places[at + 1] !== FREE; at = (at + step) & mask) {
      const node = (places[at + 1] ?? FREE) - 1
      if (node >= 0 && places[at] === hash) found.push(node)
    }
    return found
  }

  addAll(entries: KeyEntries): void {
    if (2 * (this.#used + entries.length / 2) > this.#places.length / 2) this.#resize(entries.length / 2)
    for (let i = 0; i < entries.length; i += 2) this.#add(entries[i] ?? 0, (entries[i + 1] ?? 0) + 1)
  }

  removeAll(entries: KeyEntries): void {
    const places = this.#places
    const mask = places.length - 1
    for (let i = 0; i < entries.length; i += 2) {
      const hash = entries[i] ?? 0
      const value = (entries[i + 1] ?? 0) + 1
      const step = stepOf(hash)
      let at = (2 * hash) & mask
      while (places[at] !== hash || places[at + 1] !== value) {
        if (places[at + 1] === FREE) throw new RangeError("a key index loses what it holds")
        at = (at + step) & mask
      }
      places[at + 1] = GONE
      this.#held--
    }
  }

  #add(hash: number, value: number): void {
    const places = this.#places
    const mask = places.length - 1
    const step = stepOf(hash)
    let at = (2 * hash) & mask
    while ((places[at + 1] ?? FREE) > 0) at = (at + step) & mask
    if (places[at + 1] === FREE) this.#used++
    places[at] = hash
    places[at + 1] = value
    this.#held++
  }

  #resize(more: number): void {
    const old = this.#places
    this.#places = new Int32Array(sizeFor(this.#held + more))
    this.#used = 0
    this.#held = 0
    for (let at = 0; at < old.length; at += 2) {
      const value = old[at + 1] ?? FREE
      if (value > 0) this.#add(old[at] ?? 0, value)
    }
  }
}

/** Twice an odd number, so that every place is reached; of the bits of the hash that do not choose the first place. */
function stepOf(hash: number): number {
  return 2 * ((hash >>> 12) | 1)
}

/** Numbers in the places for so many keys: half of them stay free, and room is left to grow. */
function sizeFor(keys: number): number {
  let size = 16
  while (size < 6 * keys) size *= 2
  return size
}
