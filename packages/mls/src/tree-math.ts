/**
 * RFC 9420, 4.1 and appendix C: nodes of a perfect binary tree by their index in the array that holds it. Leaves have
 * even indices, and a parent stands between its two subtrees.
 */

/** Height of a node above the leaves. */
export function level(node: number): number {
  return 31 - Math.clz32((~node & (node + 1)) >>> 0)
}

/** Nodes of a tree with `leaves` leaves, a power of two. */
export function nodeCount(leaves: number): number {
  return 2 * leaves - 1
}

export function root(leaves: number): number {
  return leaves - 1
}

/** `undefined` for a leaf. */
export function left(node: number): number | undefined {
  const height = level(node)
  return height === 0 ? undefined : node - 2 ** (height - 1)
}

/** `undefined` for a leaf. */
export function right(node: number): number | undefined {
  const height = level(node)
  return height === 0 ? undefined : node + 2 ** (height - 1)
}

/** `undefined` for the root. */
export function parent(node: number, leaves: number): number | undefined {
  if (node === root(leaves)) return undefined
  const step = 2 ** level(node)
  const isLeft = Math.floor(node / (2 * step)) % 2 === 0
  return isLeft ? node + step : node - step
}

/** `undefined` for the root. */
export function sibling(node: number, leaves: number): number | undefined {
  const above = parent(node, leaves)
  if (above === undefined) return undefined
  return node < above ? right(above) : left(above)
}

/** Whether `ancestor` is `node` or stands above it. */
export function covers(ancestor: number, node: number): boolean {
  return Math.abs(ancestor - node) < 2 ** level(ancestor)
}
