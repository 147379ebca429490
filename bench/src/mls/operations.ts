import { utf8, type Bytes } from "@starling/kernel"
import { createKeyPackage, join, protect, receive, type GroupState, type MlsContext } from "@starling/mls"

import { repeatable, type Repeatable } from "./repeatable.ts"
import { commit, newClient, newcomer, type Scene } from "./scene.ts"

export const OPERATIONS = [
  "send32",
  "recv32",
  "update.create",
  "update.process",
  "add.create",
  "add.process",
  "remove.create",
  "remove.process",
  "join",
  "keyPackage",
] as const

export type OperationName = (typeof OPERATIONS)[number]

/** 32 bytes of text. */
export const MESSAGE = utf8("as many bytes as a hash has: 32.")

/** Whether somebody is left to do it in a group of this size. */
export function isPossible(name: OperationName, size: number): boolean {
  return name !== "remove.process" || size > 2
}

/**
 * One operation of our engine. Messages go on from the message before, as the second and later ones of a sender do;
 * commits all start from one state that has its caches filled, each processed one read from its own bytes.
 */
export function operation(scene: Scene, mls: MlsContext, name: OperationName): Repeatable {
  const { committer, receiver } = scene
  switch (name) {
    case "send32":
      return sending(mls, committer)
    case "recv32":
      return receiving(scene, mls)
    case "update.create":
      return repeatable(
        () => [],
        (proposals) => void commit(mls, committer, { proposals }),
      )
    case "update.process":
      return repeatable(() => commit(scene.mls, committer, { proposals: [] }).commit, processing(mls, receiver))
    case "add.create":
      return repeatable(
        () => adding(scene),
        (proposals) => void commit(mls, committer, { proposals, ratchetTree: false }),
      )
    case "add.process":
      return repeatable(
        () => commit(scene.mls, committer, { proposals: adding(scene), ratchetTree: false }).commit,
        processing(mls, receiver),
      )
    case "remove.create":
      return repeatable(
        () => removing(scene),
        (proposals) => void commit(mls, committer, { proposals }),
      )
    case "remove.process":
      return repeatable(
        () => commit(scene.mls, committer, { proposals: removing(scene) }).commit,
        processing(mls, receiver),
      )
    case "join":
      return joining(scene, mls)
    case "keyPackage": {
      const client = newClient(mls)
      return repeatable(
        () => client,
        (own) => void createKeyPackage(mls, own),
      )
    }
  }
}

function sending(mls: MlsContext, from: GroupState): Repeatable {
  let state = protect(mls, from, MESSAGE).next
  return repeatable(
    () => MESSAGE,
    (data) => {
      state = protect(mls, state, data).next
    },
  )
}

function receiving(scene: Scene, mls: MlsContext): Repeatable {
  let sender = scene.committer
  let state = scene.receiver
  const next = (): Bytes => {
    const sent = protect(scene.mls, sender, MESSAGE)
    sender = sent.next
    return sent.message
  }
  const read = (message: Bytes): void => {
    const received = receive(mls, state, message)
    if (received.kind !== "application") throw new Error(`a message was ${received.kind}`)
    state = received.next
  }
  read(next())
  return repeatable(next, read)
}

function processing(mls: MlsContext, state: GroupState): (message: Bytes) => void {
  return (message) => {
    const received = receive(mls, state, message)
    if (received.kind !== "commit") throw new Error(`a commit was ${received.kind}`)
  }
}

function adding({ mls }: Scene) {
  return [{ kind: "add", keyPackage: newcomer(mls).keyPackage.keyPackage }] as const
}

function removing(scene: Scene) {
  return [{ kind: "remove", leafIndex: scene.removed }] as const
}

/** With the tree inside the Welcome, so that reading it is part of the join. */
function joining(scene: Scene, mls: MlsContext): Repeatable {
  const { client, keyPackage } = newcomer(scene.mls)
  const proposals = [{ kind: "add", keyPackage: keyPackage.keyPackage }] as const
  const { welcome } = commit(scene.mls, scene.committer, { proposals })
  if (welcome === undefined) throw new Error("no Welcome")
  return repeatable(
    () => welcome,
    (message) => {
      const joined = join(mls, { welcome: message, keyPackage, signatureKeys: client.signatureKeys })
      if (joined.kind !== "joined") throw new Error(`a join was refused: ${joined.reason} (${joined.section})`)
    },
  )
}
