import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import type { MessageKey, Ratchet, RatchetType, SecretTree } from "./secret-tree.ts"
import type { StatePart } from "./state-parts.ts"

/**
 * A secret tree in parts, each of which changes by itself: `secret/N` for the secret of a subtree by its array index, and
 * for a leaf that has been used `application/L` and `handshake/L` with their ratchets and `application/L/G` for the key
 * of a generation that was passed over.
 */
export function changedSecrets(
  before: StoredSecrets | undefined,
  after: StoredSecrets | undefined,
): readonly StatePart[] {
  const parts = new Map<string, StatePart>()
  const add = (name: string, value: Bytes | undefined): void => void parts.set(name, { name, value })
  const isSameSize = before?.leafCount === after?.leafCount
  if (before !== undefined && !isSameSize) compare(before.tree, undefined, 0, before.leafCount, add)
  if (after !== undefined) compare(isSameSize ? before?.tree : undefined, after.tree, 0, after.leafCount, add)
  return [...parts.values()]
}

/** A secret tree over so many leaves. */
export interface StoredSecrets {
  readonly tree: SecretTree
  readonly leafCount: number
}

type Add = (name: string, value: Bytes | undefined) => void

/** Tells what of the subtree over `leafCount` leaves from `first` on is gone, and then what is new. */
function compare(
  before: SecretTree | undefined,
  after: SecretTree | undefined,
  first: number,
  leafCount: number,
  add: Add,
): void {
  if (before === after) return
  const name = `secret/${2 * first + leafCount - 1}`
  if (before?.kind === "secret") add(name, undefined)
  if (before?.kind === "split" || after?.kind === "split") {
    const [old, next] = [before, after].map((tree) => (tree?.kind === "split" ? tree : undefined))
    compare(old?.left, next?.left, first, leafCount / 2, add)
    compare(old?.right, next?.right, first + leafCount / 2, leafCount / 2, add)
  }
  for (const type of TYPES) {
    const [old, next] = [before, after].map((tree) => (tree?.kind === "leaf" ? tree[type] : undefined))
    compareRatchets(old, next, `${type}/${first}`, add)
  }
  if (after?.kind === "secret") add(name, after.secret.slice())
}

const TYPES: readonly RatchetType[] = ["application", "handshake"]

function compareRatchets(before: Ratchet | undefined, after: Ratchet | undefined, name: string, add: Add): void {
  if (before === after) return
  if (after === undefined) add(name, undefined)
  else if (before?.secret !== after.secret) {
    add(
      name,
      encode((w) => w.uint32(after.generation).fixed(after.secret)),
    )
  }
  if (before?.skipped === after?.skipped) return
  for (const generation of before?.skipped.keys() ?? []) {
    if (after?.skipped.has(generation) !== true) add(`${name}/${generation}`, undefined)
  }
  for (const [generation, { key, nonce }] of after?.skipped ?? []) {
    if (before?.skipped.get(generation)?.key === key) continue
    add(
      `${name}/${generation}`,
      encode((w) => w.opaque(key).fixed(nonce)),
    )
  }
}

/** The tree of `leafCount` leaves in these parts, among which others may be. */
export function secretTreeOfParts(parts: ReadonlyMap<string, Bytes>, leafCount: number): Decoded<SecretTree> {
  const skipped = skippedKeys(parts)
  const tree = skipped && rebuilt(parts, skipped, 0, leafCount)
  return tree === undefined ? malformed("a secret tree that lacks a part") : ok(tree)
}

type SkippedKeys = ReadonlyMap<string, ReadonlyMap<number, MessageKey>>

function rebuilt(
  parts: ReadonlyMap<string, Bytes>,
  skipped: SkippedKeys,
  first: number,
  leafCount: number,
): SecretTree | undefined {
  const secret = parts.get(`secret/${2 * first + leafCount - 1}`)
  if (secret !== undefined) return { kind: "secret", secret: secret.slice() }
  if (leafCount === 1) {
    const application = ratchetOf(parts, skipped, `application/${first}`)
    const handshake = ratchetOf(parts, skipped, `handshake/${first}`)
    return application && handshake && { kind: "leaf", application, handshake }
  }
  const left = rebuilt(parts, skipped, first, leafCount / 2)
  const right = left && rebuilt(parts, skipped, first + leafCount / 2, leafCount / 2)
  return right && { kind: "split", left, right }
}

function ratchetOf(parts: ReadonlyMap<string, Bytes>, skipped: SkippedKeys, name: string): Ratchet | undefined {
  const bytes = parts.get(name)
  if (bytes === undefined) return undefined
  const ratchet = decode(bytes, (r) => ({ generation: r.uint32(), secret: r.fixed(r.left) }))
  if (ratchet.kind === "malformed") return undefined
  return { ...ratchet.value, skipped: skipped.get(name) ?? new Map() }
}

/** By the name of their ratchet, in the order of generations: the oldest go first. */
function skippedKeys(parts: ReadonlyMap<string, Bytes>): SkippedKeys | undefined {
  const found = new Map<string, [number, MessageKey][]>()
  for (const [name, bytes] of parts) {
    const [, ratchet, generation] = /^((?:application|handshake)\/\d+)\/(\d+)$/.exec(name) ?? []
    if (ratchet === undefined) continue
    const key = decode(bytes, (r) => ({ key: r.opaque(), nonce: r.fixed(r.left) }))
    if (key.kind === "malformed") return undefined
    const keys = found.get(ratchet) ?? []
    keys.push([Number(generation), key.value])
    found.set(ratchet, keys)
  }
  return new Map(Array.from(found, ([ratchet, keys]) => [ratchet, new Map(keys.sort(([a], [b]) => a - b))]))
}
