import { concat, Recent, toHex, utf8 } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"
import { encode } from "@starling/wire"

import { identityBytes, type IdentityId } from "../identity/identity-id.ts"
import { MAX_REMEMBERED_RANKS, RANK_SPAN } from "../limits.ts"
import { bytesOf, type StateId } from "../record/operation.ts"
import { anchorsAmong } from "./anchors.ts"
import { childrenOf, type Forest, type ForestNode } from "./forest-node.ts"
import { isExpelled, subjectOf, type KnownOperation, type Membership, type Operations } from "./membership.ts"
import { identitiesOf } from "./roster.ts"
import type { Testimony } from "./testimony.ts"

/**
 * What the choice depends on: replicated records, and which commits their parent's keys refused here, as they do for
 * everybody who holds them. Never a clock, the order of arrival, or which keys this device holds.
 */
export interface Choice {
  readonly forest: Forest
  readonly membership: Membership
  readonly operations: Operations
  readonly testimony: Testimony
  /** Who signed two histories: their word adds nothing. */
  readonly equivocators: ReadonlySet<IdentityId>
  readonly crypto: CryptoProvider
}

const LABEL = utf8("starling rank 2")

/**
 * The state that the group is in: from `start` (the creation), always on to the child that most stands behind: the most
 * anchors, then the most members, then the deepest, then the author of least rank, then the least id. Somebody stands behind a
 * child who committed, or signed a SUPPORT, on it or on what follows from it.
 *
 * Passed over are children that are invalid, that are void by a removal, and those that as many members refuse as stand
 * behind them.
 */
export function chooseTip(choice: Choice, start: StateId): StateId {
  const trees = new Trees(choice)
  let tip = start
  for (;;) {
    const next = best(choice, trees, trees.candidates(tip))
    if (next === undefined) return tip
    tip = next.sid
  }
}

/** The children of a state that come into question, each with what stands behind it. */
export function candidatesAt(choice: Choice, parent: StateId): readonly ForestNode[] {
  return new Trees(choice).candidates(parent)
}

/** Everybody who stands behind `node`: members before it whom no removal in force names, and who signed one history. */
export function supportersOf(choice: Choice, node: ForestNode): ReadonlySet<IdentityId> {
  return new Trees(choice).standing(node).supporters
}

/**
 * Fixed by a state some heights below, the height and the author, so that no committer can better it; drawn afresh at each
 * height.
 */
export function rank(crypto: CryptoProvider, draw: StateId, epoch: number, author: IdentityId): string {
  const known = ranks.get(crypto) ?? new Recent<string>(MAX_REMEMBERED_RANKS)
  ranks.set(crypto, known)
  const name = `${draw} ${epoch} ${author}`
  const before = known.get(name)
  if (before !== undefined) return before
  const place = encode((writer) => writer.fixed(bytesOf(draw)).uint64(BigInt(epoch)).fixed(identityBytes(author)))
  const hash = toHex(crypto.hash(concat(LABEL, place)))
  known.set(name, hash)
  return hash
}

/** Asked for over and over: members order each other, and branches, by it at every commit. */
const ranks = new WeakMap<CryptoProvider, Recent<string>>()

/** The state that the ranks of a state's children are drawn from: the last one at a height that `RANK_SPAN` divides. */
export function drawOf(forest: Forest, parent: StateId): ForestNode | undefined {
  let at = forest.get(parent)
  for (;;) {
    const below = forest.get(at?.parent ?? "")
    if (at === undefined || below === undefined || at.epoch % RANK_SPAN === 0) return at
    at = below
  }
}

interface Behind {
  readonly supporters: ReadonlySet<IdentityId>
  /** How deep what follows is. */
  readonly above: number
}
const NOTHING: Behind = { supporters: new Set(), above: 0 }

/** The forest under one choice; what is worked out for a fork is worked out once. */
class Trees {
  readonly #choice: Choice
  readonly #children: ReturnType<typeof childrenOf>
  readonly #expelled: ReadonlySet<IdentityId>
  readonly #removed: ReadonlySet<IdentityId>
  #behind: ReadonlyMap<StateId, Behind> | undefined

  constructor(choice: Choice) {
    this.#choice = choice
    this.#children = childrenOf(choice.forest)
    this.#removed = new Set(choice.membership.removals.map(subjectOf))
    this.#expelled = new Set([...this.#removed].filter((identity) => isExpelled(choice.membership, identity)))
  }

  candidates(parent: StateId): readonly ForestNode[] {
    return this.#following(this.#choice.forest.get(parent)).filter((node) => !this.#isRefused(node))
  }

  standing(node: ForestNode): Behind {
    this.#behind ??= this.#weigh()
    const { supporters, above } = this.#behind.get(node.sid) ?? NOTHING
    const electorate = this.#electorate(node)
    return { supporters: new Set([...supporters].filter((identity) => electorate.has(identity))), above }
  }

  /** From the tips down: who stands behind each state, member at the time or not, and how deep it is. */
  #weigh(): Map<StateId, Behind> {
    const weighed = new Map<StateId, Behind>()
    for (const node of this.#parentsFirst().toReversed()) {
      const children = this.#following(node)
      const behind = children.map(({ sid }) => weighed.get(sid) ?? NOTHING)
      const own = [node.author, ...(this.#choice.testimony.supports.get(node.sid) ?? [])]
      const supporters = unionOf(
        behind.map((each) => each.supporters),
        own,
      )
      const above = children.reduce((most, child, i) => Math.max(most, depthOn(node, child, behind[i])), 0)
      weighed.set(node.sid, { supporters, above })
    }
    return weighed
  }

  #parentsFirst(): ForestNode[] {
    const { forest } = this.#choice
    const nodes = [...forest.values()].filter(({ parent }) => parent === undefined || !forest.has(parent))
    for (let i = 0; i < nodes.length; i++) nodes.push(...this.#following(nodes[i]))
    return nodes
  }

  #following(node: ForestNode | undefined): ForestNode[] {
    const children = this.#children.get(node?.sid ?? "") ?? []
    return children.filter((child) => child.standing.kind !== "invalid" && !this.#isVoid(child))
  }

  /** Whose word counts at the fork below `node`: nobody's who came after it. */
  #electorate(node: ForestNode): Set<IdentityId> {
    const electorate = identitiesOf(this.#choice.forest.get(node.parent ?? "")?.roster ?? [])
    for (const identity of [...this.#choice.equivocators, ...this.#expelled]) electorate.delete(identity)
    return electorate
  }

  #isRefused(node: ForestNode): boolean {
    const refusals = this.#choice.testimony.refusals.get(node.sid)
    if (refusals === undefined) return false
    const { supporters } = this.standing(node)
    const electorate = this.#electorate(node)
    const refusing = [...refusals].filter((identity) => electorate.has(identity) && !supporters.has(identity))
    return refusing.length > 0 && refusing.length >= supporters.size
  }

  /**
   * A commit by somebody whom a removal in force names is void, unless the remover had it in its past (`after`), or it
   * follows a commit that admitted its author again, or somebody else has built on it: what others settled, no removal
   * can take back, however far back its `after` points.
   */
  #isVoid(node: ForestNode): boolean {
    if (!this.#removed.has(node.author)) return false
    const { forest, membership } = this.#choice
    const against = membership.removals.filter((removal) => subjectOf(removal) === node.author)
    return (
      against.some((removal) => !isInPast(forest, node, removal) && !isAfterReturn(this.#choice, node, removal)) &&
      !this.#isBuiltOn(node)
    )
  }

  #isBuiltOn(node: ForestNode): boolean {
    const open = [...(this.#children.get(node.sid) ?? [])]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.standing.kind === "invalid") continue
      if (!this.#removed.has(next.author)) return true
      open.push(...(this.#children.get(next.sid) ?? []))
    }
    return false
  }
}

/** A chain of commits by one hand that bring nobody in or out is no deeper than its first: commits cost nothing. */
function depthOn(parent: ForestNode, child: ForestNode, { above }: Behind = NOTHING): number {
  return parent.author !== child.author || child.added.length + child.removed.length > 0 ? above + 1 : above
}

/** The same set where nothing is new, so that a long chain by few hands costs little. */
function unionOf(sets: readonly ReadonlySet<IdentityId>[], more: readonly IdentityId[]): ReadonlySet<IdentityId> {
  const largest = sets.reduce((one, other) => (other.size > one.size ? other : one), NOTHING.supporters)
  const missing = new Set([...sets.filter((set) => set !== largest).flatMap((set) => [...set]), ...more])
  for (const identity of largest) missing.delete(identity)
  return missing.size === 0 ? largest : new Set([...largest, ...missing])
}

function best(choice: Choice, trees: Trees, candidates: readonly ForestNode[]): ForestNode | undefined {
  if (candidates.length < 2) return candidates[0]
  const [{ parent: fork = "" } = {}] = candidates
  const draw = drawOf(choice.forest, fork)
  const anchors = anchorsAmong(choice.membership, identitiesOf(choice.forest.get(fork)?.roster ?? []))
  const scored = candidates.map((node) => {
    const { supporters, above } = trees.standing(node)
    const anchored = [...supporters].filter((identity) => anchors.has(identity)).length
    return {
      node,
      key: [anchored, supporters.size, above] as const,
      last: () => placeOf(choice.crypto, draw, node) + node.sid,
    }
  })
  return scored.reduce((one, other) => (precedes(other, one) ? other : one)).node
}

type Scored = { readonly key: readonly number[]; readonly last: () => string }

function precedes(one: Scored, other: Scored): boolean {
  for (const [i, value] of one.key.entries()) {
    const against = other.key[i] ?? 0
    if (value !== against) return value > against
  }
  return one.last() < other.last()
}

/** Who came after the draw could have chosen an identity to suit it, and comes last. */
function placeOf(crypto: CryptoProvider, draw: ForestNode | undefined, { epoch, author }: ForestNode): string {
  const isLate = draw !== undefined && draw.epoch > 0 && !identitiesOf(draw.roster).has(author)
  return `${isLate ? 1 : 0}${rank(crypto, draw?.sid ?? "", epoch, author)}`
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
    for (const hash of at.ops) {
      const op = operations.get(hash)
      if (op !== undefined && membership.readmits(op, removal)) return true
    }
  return false
}
