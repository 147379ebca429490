import type { Bytes } from "@starling/kernel"
import { protect, type GroupState } from "@starling/mls"
import { Group, Identity, Provider } from "openmls-wasm"

import { openMlsKeyPackage } from "./openmls-key-package.ts"
import { MESSAGE, type OperationName } from "./operations.ts"
import { repeatable, type Repeatable } from "./repeatable.ts"
import { commit, newcomer, type Scene } from "./scene.ts"

/**
 * One operation of `openmls-wasm` 0.1.0, done by a member that our committer took into its warm group of suite 3, the
 * only one it speaks; `undefined` for what its binding does not offer. It encrypts its handshakes and takes no others,
 * and adds by a proposal beside the commit; merging that commit is counted, as our commits include the next state.
 */
export async function openMlsOperation(scene: Scene, name: OperationName): Promise<Repeatable | undefined> {
  switch (name) {
    case "send32":
      return await sending(scene)
    case "recv32":
      return await receiving(scene)
    case "update.process":
      return processing(scene, () => [])
    case "add.process":
      return processing(scene, () => [{ kind: "add", keyPackage: newcomer(scene.mls).keyPackage.keyPackage }])
    case "remove.process":
      return processing(scene, () => [{ kind: "remove", leafIndex: scene.removed }])
    case "add.create":
      return adding(scene)
    case "join":
      return joining(scene)
    case "keyPackage": {
      const provider = new Provider()
      const identity = new Identity(provider, "somebody new")
      return repeatable(
        () => identity,
        (own) => own.key_package(provider).free(),
      )
    }
    case "update.create":
    case "remove.create":
      return undefined
  }
}

/** Somebody whose Welcome has been made, but not used. */
class Invited {
  readonly provider = new Provider()
  readonly identity: Identity
  readonly #name = `openmls ${++named}`

  constructor() {
    this.identity = new Identity(this.provider, this.#name)
  }

  async welcome(scene: Scene): Promise<{ readonly welcome: Bytes; readonly committer: GroupState }> {
    this.identity.key_package(this.provider).free()
    const keyPackage = await openMlsKeyPackage(this.#name)
    const { welcome, next } = commit(scene.mls, scene.committer, { proposals: [{ kind: "add", keyPackage }] })
    if (welcome === undefined) throw new Error("no Welcome")
    return { welcome, committer: next }
  }

  join(welcome: Bytes): Group {
    return Group.join(this.provider, welcome, anyTree())
  }
}

let named = 0

interface Joined {
  readonly own: Invited
  readonly group: Group
  readonly committer: GroupState
}

async function join(scene: Scene): Promise<Joined> {
  const own = new Invited()
  const { welcome, committer } = await own.welcome(scene)
  return { own, group: own.join(welcome), committer }
}

async function sending(scene: Scene): Promise<Repeatable> {
  const { own, group } = await join(scene)
  return repeatable(
    () => MESSAGE,
    (data) => void group.create_message(own.provider, own.identity, data),
  )
}

async function receiving(scene: Scene): Promise<Repeatable> {
  const { own, group, committer } = await join(scene)
  let sender = committer
  return repeatable(
    () => {
      const sent = protect(scene.mls, sender, MESSAGE)
      sender = sent.next
      return sent.message
    },
    (message) => {
      if (group.process_message(own.provider, message).length !== MESSAGE.length) throw new Error("another message")
    },
  )
}

function processing(scene: Scene, proposals: () => Parameters<typeof commit>[2]["proposals"]): Repeatable {
  return onceEach(
    async () => {
      const joined = await join(scene)
      const made = commit(scene.mls, joined.committer, { proposals: proposals(), wireFormat: "private" })
      return { ...joined, message: made.commit }
    },
    ({ own, group, message }) => void group.process_message(own.provider, message),
  )
}

function adding(scene: Scene): Repeatable {
  return onceEach(
    async () => {
      const joined = await join(scene)
      const { provider } = joined.own
      return { ...joined, keyPackage: new Identity(provider, "somebody new").key_package(provider) }
    },
    ({ own, group, keyPackage }) => {
      group.propose_and_commit_add(own.provider, own.identity, keyPackage).free()
      group.merge_pending_commit(own.provider)
    },
  )
}

function joining(scene: Scene): Repeatable {
  return onceEach(
    async () => {
      const own = new Invited()
      return { own, ...(await own.welcome(scene)) }
    },
    ({ own, welcome }) => void own.join(welcome),
  )
}

/** OpenMLS changes a group in place, so each run has a group of its own. */
function onceEach<T extends { readonly own: Invited }>(make: () => Promise<T>, run: (input: T) => void): Repeatable {
  let ready: T | undefined
  return {
    isCostly: true,
    async prepare() {
      ready?.own.provider.free()
      ready = await make()
    },
    run() {
      if (ready === undefined) throw new RangeError("nothing readied")
      run(ready)
    },
  }
}

/** OpenMLS takes the tree that is inside a Welcome, but its binding wants another beside it. */
function anyTree() {
  const provider = new Provider()
  return Group.create_new(provider, new Identity(provider, "nobody"), "elsewhere").export_ratchet_tree()
}
