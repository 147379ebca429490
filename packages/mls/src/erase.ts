import { wipe } from "@starling/kernel"

import type { GroupState } from "./group-state.ts"
import type { Ratchet, SecretTree } from "./secret-tree.ts"

/**
 * Overwrites the message secrets of `before` that `after`, a state of the same epoch that follows it, has no more
 * (RFC 9420, 9.2), or all of them and the epoch's other secrets where nothing follows. `before` is of no use from then on:
 * for a caller that holds no other reference to it, once what follows is durable. Private keys of the tree stay, since
 * states of other epochs share them.
 */
export function eraseReplaced(before: GroupState, after: GroupState | undefined): void {
  erase(before.secretTree, after?.secretTree)
  if (after === undefined) wipe(...Object.values(before.keys))
}

function erase(before: SecretTree, after: SecretTree | undefined): void {
  if (before === after) return
  if (before.kind === "secret") {
    wipe(before.secret)
  } else if (before.kind === "split") {
    const kept = after?.kind === "split" ? after : undefined
    erase(before.left, kept?.left)
    erase(before.right, kept?.right)
  } else {
    const kept = after?.kind === "leaf" ? after : undefined
    eraseRatchet(before.application, kept?.application)
    eraseRatchet(before.handshake, kept?.handshake)
  }
}

function eraseRatchet(before: Ratchet, after: Ratchet | undefined): void {
  if (before.secret !== after?.secret) wipe(before.secret)
  for (const [generation, { key, nonce }] of before.skipped) {
    if (after?.skipped.has(generation) !== true) wipe(key, nonce)
  }
}
