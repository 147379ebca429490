import { concat, toHex, utf8 } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { identityBytes, type IdentityId } from "../identity/identity-id.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import type { KnownOperation } from "./membership.ts"
import { childrenOf, type Forest, type ForestNode } from "./forest-node.ts"
import { readmits, subjectOf, type Membership, type Operations } from "./membership.ts"
import { identitiesOf } from "./roster.ts"

/** What the choice depends on: replicated records, and what came of the commits that this device processed. Never a clock. */
export interface Choice {
  readonly forest: Forest
  readonly creation: StateId
  readonly membership: Membership
  readonly operations: Operations
  readonly crypto: CryptoProvider
}

type Children = ReturnType<typeof childrenOf>

const LABEL = utf8("starling rank 1")

/**
 * The state that the group is in: from `start` (the creation), among the children that are neither invalid nor void,
 * always the one of least rank, and between commits of one author the one of least id.
 *
 * A commit that this device could not process may be one that nobody can: its author's word alone displaces nobody. It
 * counts once somebody else has built on it, and then leaves behind what nobody but its author stands for. In a group of
 * two there is nobody else to build, and the word is enough.
 */
export function chooseTip(choice: Choice, start: StateId): StateId {
  const children = childrenOf(choice.forest)
  const processed = processedIn(choice)
  const isPair = choice.membership.desired.size <= 2
  let tip = start
  for (;;) {
    const standing = (children.get(tip) ?? []).filter(
      (node) => node.standing.kind !== "invalid" && !isVoid(choice, children, node),
    )
    const isAlone = standing.length === 1 && processed.has(standing[0]?.sid ?? "")
    const supported = isAlone ? [] : standing.filter((node) => isSupported(choice, children, node))
    const isElsewhere = supported.some(({ sid }) => !processed.has(sid))
    const candidates = isElsewhere ? supported : isPair ? standing : standing.filter(({ sid }) => processed.has(sid))
    const best = leastOf(candidates, (node) => rank(choice.crypto, choice.creation, node.epoch, node.author) + node.sid)
    if (best === undefined) return tip
    tip = best.sid
  }
}

/** Fixed by the group, the height and the author, so that no committer can better it; drawn afresh at each height. */
export function rank(crypto: CryptoProvider, creation: StateId, epoch: number, author: IdentityId): string {
  const place = encode((writer) => writer.fixed(bytesOf(creation)).uint64(BigInt(epoch)).fixed(identityBytes(author)))
  return toHex(crypto.hash(concat(LABEL, place)))
}

/**
 * Commits whose state this device holds or held, or one that follows from it; and those that exclude it, along with
 * nobody who is wanted.
 */
function processedIn({ forest, membership }: Choice): ReadonlySet<StateId> {
  const processed = new Set<StateId>()
  for (const { sid, standing, removed } of forest.values()) {
    if (standing.kind === "excludes" && !removed.some((identity) => membership.desired.has(identity)))
      processed.add(sid)
    if (standing.kind !== "held" && standing.kind !== "dropped") continue
    let at = forest.get(sid)
    while (at !== undefined && at.standing.kind !== "invalid" && !processed.has(at.sid)) {
      processed.add(at.sid)
      at = forest.get(at.parent ?? "")
    }
  }
  return processed
}

/** Somebody else than its author has built on it, who was a member before it and was not removed. */
function isSupported(choice: Choice, children: Children, node: ForestNode): boolean {
  const before = identitiesOf(choice.forest.get(node.parent ?? "")?.roster ?? [])
  const removed = new Set(choice.membership.removals.map(subjectOf))
  return isFound(children, node, ({ author }) => author !== node.author && before.has(author) && !removed.has(author))
}

/** Looks through a node and all that stands on it, except for what is invalid. */
function isFound(children: Children, node: ForestNode, matches: (node: ForestNode) => boolean): boolean {
  const open = [node]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.standing.kind === "invalid") continue
    if (matches(next)) return true
    open.push(...(children.get(next.sid) ?? []))
  }
  return false
}

/**
 * A commit by somebody whom a removal in force names is void, unless the remover had it in its past (`after`), or it
 * follows a commit that admitted its author again, or somebody else has built on it: what others settled, no removal
 * can take back, however far back its `after` points.
 */
function isVoid(choice: Choice, children: Children, node: ForestNode): boolean {
  const against = choice.membership.removals.filter((removal) => subjectOf(removal) === node.author)
  if (against.length === 0) return false
  return (
    against.some((removal) => !isInPast(choice.forest, node, removal) && !isAfterReturn(choice, node, removal)) &&
    !isBuiltOn(choice, children, node)
  )
}

function isInPast(forest: Forest, node: ForestNode, { change }: KnownOperation): boolean {
  if (change.kind !== "remove") return false
  const after = forest.get(change.after)
  if (after === undefined) return false
  let at: ForestNode | undefined = after
  while (at !== undefined && at.epoch > node.epoch) at = forest.get(at.parent ?? "")
  return at?.sid === node.sid
}

function isAfterReturn({ forest, operations, membership }: Choice, node: ForestNode, removal: KnownOperation): boolean {
  for (let at: ForestNode | undefined = node; at !== undefined; at = forest.get(at.parent ?? ""))
    if (at.ops.some((hash) => readmits(operations.get(hash), removal, membership.pasts))) return true
  return false
}

function isBuiltOn(choice: Choice, children: Children, node: ForestNode): boolean {
  const removed = new Set(choice.membership.removals.map(subjectOf))
  return (children.get(node.sid) ?? []).some((child) => isFound(children, child, ({ author }) => !removed.has(author)))
}

function leastOf<T>(items: readonly T[], key: (item: T) => string): T | undefined {
  let best: { item: T; key: string } | undefined
  for (const item of items) {
    const itemKey = items.length === 1 ? "" : key(item)
    if (best === undefined || itemKey < best.key) best = { item, key: itemKey }
  }
  return best?.item
}
