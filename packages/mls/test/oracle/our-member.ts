import { fromUtf8, type Bytes } from "@starling/kernel"
import {
  createCommit,
  createGroupInfo,
  createGroup,
  exportSecret,
  join,
  joinExternally,
  members,
  propose,
  protect,
  readKeyPackage,
  receive,
  type CiphersuiteId,
  type GroupState,
  type MlsContext,
  type ProposalIntent,
  type Refused,
} from "@starling/mls"
import { nodeCrypto } from "@starling/mls/node"
import type { RatchetTree } from "@starling/mls/rfc9420"

import { client, seededRandom, type Client } from "../world.ts"
import {
  EXPORTED,
  LIFETIME,
  PRESENT,
  type Change,
  type Committed,
  type Engine,
  type OracleMember,
  type Outcome,
} from "./member.ts"

/** The engine that the others are held against. */
export class OurMember implements OracleMember {
  readonly engine = OURS
  readonly name: string
  readonly #mls: MlsContext
  readonly #client: Client
  #state: GroupState | undefined

  constructor(name: string, suite: CiphersuiteId) {
    this.name = name
    this.#mls = { crypto: nodeCrypto(suite), random: seededRandom(name), authenticate: () => undefined }
    this.#client = client(this.#mls, name, { lifetime: LIFETIME })
  }

  get keyPackage(): Bytes {
    return this.#client.keyPackage.message
  }

  get tree(): RatchetTree {
    return this.#current.tree
  }

  leafIndexOf(name: string): number {
    const found = members(this.#current).find(
      ({ credential }) => credential.kind === "basic" && fromUtf8(credential.identity) === name,
    )
    if (found === undefined) throw new RangeError(`${name} is not in the group`)
    return found.leafIndex
  }

  async found(groupId: Uint8Array): Promise<void> {
    this.#state = createGroup(this.#mls, { groupId, ...this.#client })
  }

  async join(welcome: Uint8Array): Promise<void> {
    const { keyPackage, signatureKeys } = this.#client
    this.#state = accepted(join(this.#mls, { welcome, keyPackage, signatureKeys })).state
  }

  async commit(change: Change): Promise<Committed> {
    const { next, commit, welcome } = this.#build(change)
    this.#state = next
    return { messages: [commit], welcome }
  }

  /** Comes in by a commit of its own, of which the MLSMessage is given back. Takes a MLSMessage(GroupInfo). */
  joinExternally(groupInfo: Uint8Array): Bytes {
    const { credential, signatureKeys } = this.#client
    const joined = accepted(joinExternally(this.#mls, { groupInfo, credential, signatureKeys }))
    this.#state = joined.state
    return joined.commit
  }

  /** MLSMessage(GroupInfo), with the tree inside and the key that others come in with. */
  get groupInfo(): Bytes {
    return createGroupInfo(this.#mls, this.#current, { externalPub: true })
  }

  /** The tree that a commit of this member would leave. */
  treeAfter(change: Change): RatchetTree {
    return this.#build(change).next.tree
  }

  async propose(change: Change): Promise<readonly Bytes[]> {
    return this.#intents(change).map((proposal) => this.#propose(proposal, change.handshakes))
  }

  async protect(data: Uint8Array): Promise<Bytes> {
    const { next, message } = protect(this.#mls, this.#current, data)
    this.#state = next
    return message
  }

  async receive(message: Uint8Array): Promise<Outcome> {
    const received = accepted(receive(this.#mls, this.#current, message))
    if (received.kind === "self-removed") return { kind: "removed" }
    this.#state = received.next
    return received.kind === "application" ? { kind: "application", data: received.data } : { kind: "handshake" }
  }

  async exportedSecret(): Promise<Bytes> {
    return exportSecret(this.#mls, this.#current, EXPORTED.label, EXPORTED.context, EXPORTED.length)
  }

  epochAuthenticator(): Bytes {
    return this.#current.epochAuthenticator
  }

  #build(change: Change) {
    const { includePending = false, path = false, handshakes: wireFormat } = change
    const options = { proposals: this.#intents(change), includePending, path, wireFormat, now: PRESENT }
    return accepted(createCommit(this.#mls, this.#current, options))
  }

  #intents({ add, remove }: Change) {
    return [
      ...remove.map((name) => ({ kind: "remove", leafIndex: this.leafIndexOf(name) }) as const),
      ...add.map((message) => {
        const { keyPackage } = accepted(readKeyPackage(this.#mls, message, PRESENT))
        return { kind: "add", keyPackage } as const
      }),
    ] satisfies readonly ProposalIntent[]
  }

  #propose(proposal: ProposalIntent, wireFormat: Change["handshakes"]): Bytes {
    const proposed = accepted(propose(this.#mls, this.#current, proposal, { now: PRESENT, wireFormat }))
    this.#state = proposed.next
    return proposed.message
  }

  get #current(): GroupState {
    if (this.#state === undefined) throw new TypeError("in no group yet")
    return this.#state
  }
}

export const OUR_SUITES: readonly CiphersuiteId[] = [1, 2, 3, 5, 7]

export const OURS: Engine = {
  name: "ours",
  suites: OUR_SUITES,
  sends: ["public", "private"],
  receives: ["public", "private"],
  commits: "anything",
  proposes: true,
  keepsProposals: true,
  overlooks: [],
  make: async (name, suite) => new OurMember(name, suite),
}

function accepted<T extends { readonly kind: string }>(outcome: T): Exclude<T, Refused> {
  if (isAccepted(outcome)) return outcome
  throw new Error(`ours: ${JSON.stringify(outcome)}`)
}

function isAccepted<T extends { readonly kind: string }>(outcome: T): outcome is Exclude<T, Refused> {
  return outcome.kind !== "refused"
}
