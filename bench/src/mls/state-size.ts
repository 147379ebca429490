import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

import {
  changedParts,
  decodeState,
  encodeState,
  protect,
  receive,
  type GroupState,
  type StatePart,
} from "@starling/mls"

import { MESSAGE } from "./operations.ts"
import { commit, type Scene } from "./scene.ts"

const EPOCHS = 200

/** What a state takes in memory, what one more retained epoch adds, and what storing a message writes; a sentence each. */
export function measureState(scene: Scene): readonly string[] {
  setFlagsFromString("--expose-gc")
  const collect: unknown = runInNewContext("gc")
  if (typeof collect !== "function") return []
  const memory = (): number => {
    collect()
    collect()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }
  const { mls, receiver, committer } = scene
  const size = scene.group.size
  const bytes = encodeState(receiver)
  const before = memory()
  const state = decodeState(bytes)
  const stateBytes = memory() - before

  const epochs: GroupState[] = []
  let [sender, member] = [committer, receiver]
  for (let i = 0; i <= EPOCHS; i++) {
    const made = commit(mls, sender, { proposals: [] })
    const received = receive(mls, member, made.commit)
    if (received.kind !== "commit") throw new Error(`a commit was ${received.kind}`)
    sender = made.next
    member = received.next
    epochs.push(member)
  }
  epochs.pop()
  const held = memory()
  epochs.length = 0
  const epochBytes = (held - memory()) / EPOCHS

  const first = protect(mls, receiver, MESSAGE)
  const second = protect(mls, first.next, MESSAGE)
  return [
    `a state of ${size} members (${state.kind}): ${(stateBytes / 1024).toFixed(0)} KiB`,
    `one more retained epoch: ${(epochBytes / 1024).toFixed(1)} KiB`,
    `stored of a sender's first message: ${written(changedParts(receiver, first.next))} B, of a later one: ${written(changedParts(first.next, second.next))} B`,
  ]
}

function written(parts: readonly StatePart[]): number {
  return parts.reduce((sum, { name, value }) => sum + name.length + (value?.length ?? 0), 0)
}
