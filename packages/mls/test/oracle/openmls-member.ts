import { toHex, type Bytes } from "@starling/kernel"
import { Group, Identity, Provider, type KeyPackage, type RatchetTree } from "openmls-wasm"

import { EXPORTED, type Change, type Committed, type Engine, type OracleMember, type Outcome } from "./member.ts"
import { findKeyPackages } from "./openmls-memory.ts"

/**
 * `openmls-wasm` 0.1.0, which speaks suite 3 alone: it encrypts its handshakes and refuses those that are not, adds by a
 * proposal and a commit that refers to it, and sends the tree beside the Welcome. Its KeyPackages and trees are objects
 * that nobody else can make, so it adds only members of its own kind; it removes and renews nobody, but follows others.
 * It forgets what others propose, so it can't follow what refers to that, not even an add by another of its own kind.
 * It draws platform randomness.
 */
export class OpenMlsMember implements OracleMember {
  readonly engine = OPENMLS
  readonly name: string
  readonly keyPackage: Bytes
  readonly #provider: Provider
  readonly #identity: Identity
  #group: Group | undefined

  private constructor(name: string, provider: Provider, identity: Identity, keyPackage: Bytes) {
    this.name = name
    this.#provider = provider
    this.#identity = identity
    this.keyPackage = keyPackage
  }

  static async of(name: string): Promise<OpenMlsMember> {
    const provider = new Provider()
    const identity = new Identity(provider, name)
    const made = identity.key_package(provider)
    const found = (await findKeyPackages(name)).find(({ message }) => !KEY_PACKAGES.has(toHex(message)))
    if (found === undefined) throw new Error("openmls-wasm shows no KeyPackage in its memory")
    KEY_PACKAGES.set(toHex(found.message), made)
    return new OpenMlsMember(name, provider, identity, found.message)
  }

  async found(groupId: Uint8Array): Promise<void> {
    this.#group = Group.create_new(this.#provider, this.#identity, new TextDecoder().decode(groupId))
  }

  async join(welcome: Uint8Array): Promise<void> {
    this.#group = Group.join(this.#provider, welcome, TREES.get(toHex(welcome)) ?? anyTree())
  }

  async commit(change: Change): Promise<Committed> {
    const [added] = change.add
    const keyPackage = added && KEY_PACKAGES.get(toHex(added))
    if (keyPackage === undefined) throw new TypeError("openmls-wasm adds members of its own kind")
    const made = this.#current.propose_and_commit_add(this.#provider, this.#identity, keyPackage)
    this.#current.merge_pending_commit(this.#provider)
    const welcome = new Uint8Array(made.welcome)
    TREES.set(toHex(welcome), this.#current.export_ratchet_tree())
    return { messages: [new Uint8Array(made.proposal), new Uint8Array(made.commit)], welcome }
  }

  propose(): Promise<readonly Bytes[]> {
    throw new TypeError("openmls-wasm proposes nothing without committing it")
  }

  async protect(data: Uint8Array): Promise<Bytes> {
    return new Uint8Array(this.#current.create_message(this.#provider, this.#identity, data))
  }

  /** It gives no bytes for a handshake, and tells nobody that they were removed. */
  async receive(message: Uint8Array): Promise<Outcome> {
    const data = new Uint8Array(this.#current.process_message(this.#provider, message))
    return data.length > 0 ? { kind: "application", data } : { kind: "handshake" }
  }

  async exportedSecret(): Promise<Bytes> {
    const { label, context, length } = EXPORTED
    return new Uint8Array(this.#current.export_key(this.#provider, label, context, length))
  }

  epochAuthenticator(): undefined {
    return undefined
  }

  get #current(): Group {
    if (this.#group === undefined) throw new TypeError("in no group yet")
    return this.#group
  }
}

export const OPENMLS: Engine = {
  name: "openmls-wasm",
  suites: [3],
  sends: ["private"],
  receives: ["private"],
  commits: "adds-own",
  proposes: false,
  keepsProposals: false,
  overlooks: ["plain"],
  make: (name) => OpenMlsMember.of(name),
}

/** By the bytes of what stands for them outside. */
const KEY_PACKAGES = new Map<string, KeyPackage>()
const TREES = new Map<string, RatchetTree>()

/** OpenMLS takes the tree that is inside a Welcome, but its binding wants another beside it. */
function anyTree(): RatchetTree {
  const provider = new Provider()
  return Group.create_new(provider, new Identity(provider, "nobody"), "elsewhere").export_ratchet_tree()
}
