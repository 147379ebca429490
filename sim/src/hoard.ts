import { members, receive, type GroupState, type MlsContext } from "@starling/mls"
import { decodeCommitRecord, decodeSealedMessage, type ForestNode } from "@starling/messenger/parts"

import type { Person } from "./person.ts"
import type { World } from "./world.ts"

/** Everything that somebody ever held of groups' secrets, however the program wanted them erased. */
export class Hoard {
  readonly nodes = new Map<string, ForestNode>()
  readonly #person: Person

  constructor(world: World, person: Person) {
    person.hoards = true
    this.#person = person
    world.watchers.push((who, before, step) => {
      if (who !== person || before.durable.groups === step.state.durable.groups) return
      for (const [uuid, { forest }] of step.state.durable.groups) {
        const known = before.durable.groups.get(uuid)?.forest
        if (forest === known) continue
        for (const [sid, node] of forest)
          if (node.standing.kind === "held" && known?.get(sid) !== node) this.nodes.set(sid, node)
      }
    })
  }

  /**
   * Whether one of these ciphertexts opens with what was hoarded, or with what follows from it and from the COMMITs, which
   * somebody who was removed may well come to see. The first state of each name is used, as it has given away least.
   */
  opens(sealed: readonly Uint8Array[], commits: readonly Uint8Array[]): boolean {
    const { mls } = this.#person.env()
    const states = new Map<string, GroupState>()
    for (const [sid, { standing }] of this.nodes) if (standing.kind === "held") states.set(sid, standing.state)
    for (const body of commits) {
      const commit = decodeCommitRecord(body)
      if (commit.kind !== "ok" || states.has(commit.value.sid)) continue
      const next = follow(mls, states.get(commit.value.parent), commit.value.mls)
      if (next !== undefined) states.set(commit.value.sid, next)
    }
    return sealed.some((bytes) => {
      const message = decodeSealedMessage(bytes)
      const state = message.kind === "ok" ? states.get(message.value.sid) : undefined
      return (
        message.kind === "ok" && state !== undefined && receive(mls, state, message.value.mls).kind === "application"
      )
    })
  }
}

/** What a commit leads to; where it removes the one who tries, that one passes its state off as another member's. */
function follow(mls: MlsContext, parent: GroupState | undefined, commit: Uint8Array): GroupState | undefined {
  if (parent === undefined) return undefined
  const others = members(parent).map(({ leafIndex }) => leafIndex)
  for (const ownLeafIndex of [parent.ownLeafIndex, ...others]) {
    const received = receive(mls, { ...parent, ownLeafIndex }, commit)
    if (received.kind === "commit") return received.next
  }
  return undefined
}
