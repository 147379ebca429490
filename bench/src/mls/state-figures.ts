import {
  changedParts,
  decodeState,
  encodeState,
  protect,
  receive,
  scrub,
  type GroupState,
  type RetainedState,
  type CiphersuiteId,
} from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"

import { collectedMemory } from "./collected-memory.ts"
import { MESSAGE } from "./operations.ts"
import { commit, sceneOf, type Scene } from "./scene.ts"

/** What a state of a group of `n` takes, in bytes. */
export interface StateFigures {
  readonly n: number
  readonly suite: CiphersuiteId
  /** Of `encodeState`. */
  readonly stored: number
  /** Heap and array buffers of one that `decodeState` gave. */
  readonly memory: number
  /** Of one epoch more of the same member, kept whole, and kept as `scrub` leaves it. */
  readonly retainedEpoch: number
  readonly scrubbedEpoch: number
  /** What `changedParts` has one write for a message: the first of its sender, and each later one. */
  readonly written: Readonly<Record<"sentFirst" | "sentLater" | "receivedFirst" | "receivedLater", number>>
}

export function stateFigures(suite: CiphersuiteId, n: number): StateFigures {
  const scene = sceneOf(nodeCrypto(suite), n)
  const stored = encodeState(scene.receiver)
  return {
    n,
    suite,
    stored: stored.length,
    memory: memoryOf(COPIES, () => decoded(stored)),
    retainedEpoch: memoryOfEpochs(scene, (state) => state),
    scrubbedEpoch: memoryOfEpochs(scene, scrub),
    written: written(scene),
  }
}

const COPIES = 20
const EPOCHS = 200

function decoded(bytes: Uint8Array): GroupState {
  const state = decodeState(bytes)
  if (state.kind !== "ok") throw new Error(state.why)
  return state.value
}

/** What is held is dropped and the difference divided: what else comes to life meanwhile would count as well. */
function memoryOf(count: number, make: () => unknown): number {
  const held: unknown[] = []
  for (let i = 0; i < count; i++) held.push(make())
  const holding = collectedMemory()
  held.length = 0
  return Math.round((holding - collectedMemory()) / count)
}

/** Successive epochs of one member, who processes the updates of another. The last one lives on. */
function memoryOfEpochs({ mls, committer, receiver }: Scene, keep: (state: GroupState) => RetainedState): number {
  let sender = committer
  let state = receiver
  const bytes = memoryOf(EPOCHS, () => {
    const made = commit(mls, sender, { proposals: [] })
    const received = receive(mls, state, made.commit)
    if (received.kind !== "commit") throw new Error(`a commit was ${received.kind}`)
    sender = made.next
    const kept = keep(state)
    state = received.next
    return kept
  })
  if (state.epoch !== receiver.epoch + BigInt(EPOCHS)) throw new Error("epochs are missing")
  return bytes
}

function written({ mls, committer, receiver }: Scene): StateFigures["written"] {
  const first = protect(mls, committer, MESSAGE)
  const later = protect(mls, first.next, MESSAGE)
  const firstReceived = received(mls, receiver, first.message)
  const laterReceived = received(mls, firstReceived, later.message)
  return {
    sentFirst: bytesBetween(committer, first.next),
    sentLater: bytesBetween(first.next, later.next),
    receivedFirst: bytesBetween(receiver, firstReceived),
    receivedLater: bytesBetween(firstReceived, laterReceived),
  }
}

function received(mls: Scene["mls"], state: GroupState, message: Uint8Array): GroupState {
  const done = receive(mls, state, message)
  if (done.kind !== "application") throw new Error(`a message was ${done.kind}`)
  return done.next
}

/** Names of the parts included. */
function bytesBetween(before: GroupState, after: GroupState): number {
  return changedParts(before, after).reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0)
}
