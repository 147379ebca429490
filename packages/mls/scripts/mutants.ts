import type { Edit } from "@starling/mutation"

const MUTANTS: Readonly<Record<string, readonly Edit[]>> = {
  /** A commit of one Remove carries no path, so that who was removed can follow it (RFC 9420, 12.4). */
  "single-remove-without-path": [
    {
      file: "proposal-list.ts",
      from: "  const renewing = list.updates.size + list.removes.size\n",
      to:
        "  const renewing = list.updates.size + list.removes.size\n" +
        "  if (list.removes.size === 1 && list.updates.size + list.adds.length + list.psks.length === 0) return false\n",
    },
  ],
  /** Asks that all parents above an unmerged leaf list the same leaves, as if no path had been set in between. */
  "ts-mls-unmerged-leaves": [
    {
      file: "tree-validation.ts",
      from: "      if (!listedBelow(tree, index, leafIndex)) return false\n",
      to: `
      let at = tree.root
      while (at.kind === "branch") {
        if (at.node !== undefined && at.node.unmergedLeaves.join() !== node.unmergedLeaves.join()) return false
        at = 2 * leafIndex < at.index ? at.left : at.right
      }`,
    },
  ],
  /** A parent that a path replaces goes on with the parent hash that it had (7.9). */
  "stale-parent-hash": [
    {
      file: "treekem.ts",
      from: "const node = { encryptionKey, parentHash: hash, unmergedLeaves: [] }",
      to: "const node = { encryptionKey, parentHash: branch.node?.parentHash ?? hash, unmergedLeaves: [] }",
    },
  ],
  /** Two private commits on one state use one key (each is its author's next one), with nothing to tell them apart (6.3.1). */
  "reused-nonce": [
    {
      file: "private-message.ts",
      from: 'draw(mls, REUSE_GUARD, "reuse guard")',
      to: "new Uint8Array(REUSE_GUARD)",
    },
  ],
  /** A ratchet stays where it is when its key is taken (9.1). */
  "ratchet-stands-still": [
    {
      file: "secret-tree.ts",
      from: "ratchet: { secret: nextSecret(crypto, secret, generation), generation: generation + 1, skipped },",
      to: "ratchet: { secret, generation, skipped },",
    },
  ],
  /** A message that came late can be read again (9.2). */
  "skipped-key-kept": [{ file: "secret-tree.ts", from: "    skipped.delete(generation)\n", to: "" }],
  /** Reading a late message takes the key out of the state before as well. */
  "skipped-keys-shared": [
    { file: "secret-tree.ts", from: "const skipped = new Map(ratchet.skipped)", to: "const skipped = ratchet.skipped" },
  ],
  /** Path secrets go to leaves that the same commit adds (7.5). */
  "path-secret-to-added-leaf": [
    {
      file: "treekem.ts",
      from: '.filter(({ kind, index }) => kind === "branch" || !addedLeaves.has(index / 2))',
      to: ".filter(({ index }) => addedLeaves.size >= 0 || index < 0)",
    },
  ],
  /** Unmerged leaves of a resolution come in descending order (4.1.1). */
  "wrong-resolution-order": [
    {
      file: "ratchet-tree.ts",
      from: "for (const leafIndex of at.node?.unmergedLeaves ?? []) {",
      to: "for (const leafIndex of (at.node?.unmergedLeaves ?? []).toReversed()) {",
    },
  ],
  /** Private keys of parents that a removal made blank stay (7.7). */
  "private-keys-kept": [
    {
      file: "next-epoch.ts",
      from: "if (old?.encoded === undefined || current?.encoded === undefined) return false",
      to: "if (old?.encoded === undefined || current?.encoded === undefined) return true",
    },
  ],
  /** A removal leaves the parents above it with keys that the removed member has (12.1.3). */
  "removed-path-not-blanked": [
    {
      file: "ratchet-tree.ts",
      from: "truncated(rewrite(tree.root, leafIndex, undefined, () => undefined))",
      to: "truncated(rewrite(tree.root, leafIndex, undefined, (branch) => branch.encoded))",
    },
    {
      file: "ratchet-tree.ts",
      from: "return rekeyed(tree, root, pathIndices(tree, leafIndex), [])",
      to: "return rekeyed(tree, root, [2 * leafIndex], [])",
    },
  ],
  /** A tree that became half empty keeps its width (7.7). */
  "tree-not-truncated": [
    {
      file: "ratchet-tree.ts",
      from: 'return root.kind === "branch" && root.right.members === 0 ? truncated(root.left) : root',
      to: "return root",
    },
  ],
  /** The parents above a new leaf don't list it as unmerged (7.7). */
  "unmerged-leaf-forgotten": [
    {
      file: "ratchet-tree.ts",
      from: "return encodeParentNode({ ...node, unmergedLeaves })",
      to: "return encodeParentNode({ ...node, unmergedLeaves: unmergedLeaves.filter((other) => other !== leafIndex) })",
    },
  ],
  /** A subtree whose left half is the same keeps its tree hash (7.8). */
  "stale-tree-hash": [
    {
      file: "tree-hash.ts",
      from: "  const known = subtree.knownTreeHash\n",
      to: '  const known = (subtree.kind === "branch" ? stale.get(subtree.left) : undefined) ?? subtree.knownTreeHash\n',
    },
    {
      file: "tree-hash.ts",
      from: "  subtree.knownTreeHash = toLatin1(hash)\n",
      to: '  subtree.knownTreeHash = toLatin1(hash)\n  if (subtree.kind === "branch") stale.set(subtree.left, toLatin1(hash))\n',
    },
    {
      file: "tree-hash.ts",
      from: "function toLatin1(",
      to: "const stale = new WeakMap<Subtree, string>()\n\nfunction toLatin1(",
    },
  ],
  /** An epoch hands on the init secret that it was made from (8). */
  "init-secret-not-replaced": [
    {
      file: "next-epoch.ts",
      from: "const secrets = deriveEpochSecrets(crypto, joinerSecret, pskSecret, contextBytes)",
      to: "const secrets = { ...deriveEpochSecrets(crypto, joinerSecret, pskSecret, contextBytes), init: initSecret }",
    },
  ],
  /** Whoever commits may confirm another epoch than theirs (12.4.2). */
  "confirmation-tag-unchecked": [
    {
      file: "receive-commit.ts",
      from: 'if (!equalConstantTime(confirmationTag, epoch.confirmationTag)) refuse("bad-confirmation-tag", "12.4.2")\n',
      to: "",
    },
  ],
  /** A member may speak for another (6.1). */
  "signature-unchecked": [
    {
      file: "framing.ts",
      from: 'return verifyWithLabel(crypto, publicKey, "FramedContentTBS", tbs, signature)',
      to: "return true",
    },
  ],
}

export const mutantNames: readonly string[] = Object.keys(MUTANTS)

export function editsOf(name: string): readonly Edit[] {
  const edits = MUTANTS[name]
  if (edits === undefined) throw new RangeError(`no mutant ${name}; there are ${mutantNames.join(", ")}`)
  return edits
}
