import type { Bytes } from "@starling/kernel"
import type { GroupState, MlsContext } from "@starling/mls"
import { leafAt } from "@starling/mls/rfc9420"

import { Story } from "./story.ts"
import { client, world, type Client } from "./world.ts"

/** Alice commits, Bob judges; Carol and Dave are there too, Erin is not. */
export interface Scene {
  readonly mls: MlsContext
  readonly alice: GroupState
  readonly bob: GroupState
  readonly carol: { readonly client: Client; readonly state: GroupState }
  readonly erin: Client
}

export function scene(seed: string): Scene {
  const mls = world(seed)
  const story = new Story(mls, "alice")
  story.add("alice", "bob", "carol", "dave")
  story.update("carol")
  return {
    mls,
    alice: story.state("alice"),
    bob: story.state("bob"),
    carol: story.person("carol"),
    erin: client(mls, "erin"),
  }
}

export function encryptionKeyOf(state: GroupState, leafIndex = state.ownLeafIndex): Bytes {
  return leafAt(state.tree, leafIndex)?.encryptionKey ?? new Uint8Array(0)
}
