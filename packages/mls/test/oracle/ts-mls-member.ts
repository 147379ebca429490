import { fromUtf8, toHex, utf8, type Bytes } from "@starling/kernel"
import type { CiphersuiteId } from "@starling/mls"
import {
  acceptAll,
  ciphersuites,
  createApplicationMessage,
  createCommit,
  createGroup,
  createProposal,
  decodeMlsMessage,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  mlsExporter,
  processMessage,
  type Capabilities,
  type CiphersuiteImpl,
  type ClientState,
  type MLSMessage,
  type Proposal,
} from "ts-mls"

import { EXPORTED, type Change, type Committed, type Engine, type OracleMember, type Outcome } from "./member.ts"

/**
 * `ts-mls` 1.6.4. It renews the committer's path only where RFC 9420, 12.4 asks for it, and takes up what was proposed
 * whether asked to or not. For ChaCha20-Poly1305 it needs a package that is not here. It draws platform randomness.
 */
export class TsMlsMember implements OracleMember {
  readonly engine = TS_MLS
  readonly name: string
  readonly #suite: CiphersuiteImpl
  readonly #made: Awaited<ReturnType<typeof generateKeyPackage>>
  #state: ClientState | undefined

  private constructor(name: string, suite: CiphersuiteImpl, made: Awaited<ReturnType<typeof generateKeyPackage>>) {
    this.name = name
    this.#suite = suite
    this.#made = made
  }

  static async of(name: string, suite: CiphersuiteId): Promise<TsMlsMember> {
    const implementation = await getCiphersuiteImpl(getCiphersuiteFromName(suiteName(suite)))
    const credential = { credentialType: "basic", identity: utf8(name) } as const
    const made = await generateKeyPackage(credential, capabilities(suite), defaultLifetime, [], implementation)
    return new TsMlsMember(name, implementation, made)
  }

  get keyPackage(): Bytes {
    return bytesOf({ version: "mls10", wireformat: "mls_key_package", keyPackage: this.#made.publicPackage })
  }

  /** The end of the PKCS #8 structure in which it keeps an Ed25519 key. */
  get signatureSeed(): Bytes {
    return new Uint8Array(this.#made.privatePackage.signaturePrivateKey.slice(-32))
  }

  async found(groupId: Uint8Array): Promise<void> {
    this.#state = await createGroup(groupId, this.#made.publicPackage, this.#made.privatePackage, [], this.#suite)
  }

  async join(welcome: Uint8Array): Promise<void> {
    const message = messageOf(welcome)
    if (message.wireformat !== "mls_welcome") throw new TypeError("no Welcome")
    const { publicPackage, privatePackage } = this.#made
    this.#state = await joinGroup(message.welcome, publicPackage, privatePackage, emptyPskIndex, this.#suite)
  }

  async commit(change: Change): Promise<Committed> {
    return await this.commitProposals(this.#proposals(change), change.handshakes)
  }

  async commitProposals(proposals: Proposal[], handshakes: Change["handshakes"]): Promise<Committed> {
    const made = await createCommit(
      { state: this.#current, cipherSuite: this.#suite },
      { wireAsPublicMessage: handshakes === "public", extraProposals: proposals, ratchetTreeExtension: true },
    )
    this.#state = made.newState
    const { welcome } = made
    return {
      messages: [bytesOf(made.commit)],
      welcome: welcome && bytesOf({ version: "mls10", wireformat: "mls_welcome", welcome }),
    }
  }

  async propose(change: Change): Promise<readonly Bytes[]> {
    const messages: Bytes[] = []
    for (const proposal of this.#proposals(change)) messages.push(await this.#propose(proposal, change.handshakes))
    return messages
  }

  /** Its own leaf with this key; the private one has no place here. */
  async proposeUpdate(encryptionKey: Uint8Array, signature: Uint8Array): Promise<Bytes> {
    const leaf = this.#made.publicPackage.leafNode
    const leafNode = { ...leaf, leafNodeSource: "update", hpkePublicKey: encryptionKey, signature } as const
    return await this.#propose({ proposalType: "update", update: { leafNode } }, "public")
  }

  async #propose(proposal: Proposal, handshakes: Change["handshakes"]): Promise<Bytes> {
    const made = await createProposal(this.#current, handshakes === "public", proposal, this.#suite)
    this.#state = made.newState
    return bytesOf(made.message)
  }

  async protect(data: Uint8Array): Promise<Bytes> {
    const made = await createApplicationMessage(this.#current, data, this.#suite)
    this.#state = made.newState
    return bytesOf({ version: "mls10", wireformat: "mls_private_message", privateMessage: made.privateMessage })
  }

  async receive(message: Uint8Array): Promise<Outcome> {
    const decoded = messageOf(message)
    if (decoded.wireformat !== "mls_private_message" && decoded.wireformat !== "mls_public_message") {
      throw new TypeError(`a ${decoded.wireformat}`)
    }
    const done = await processMessage(decoded, this.#current, emptyPskIndex, acceptAll, this.#suite)
    this.#state = done.newState
    if (done.kind === "applicationMessage") return { kind: "application", data: new Uint8Array(done.message) }
    return { kind: done.newState.groupActiveState.kind === "removedFromGroup" ? "removed" : "handshake" }
  }

  async exportedSecret(): Promise<Bytes> {
    const { label, context, length } = EXPORTED
    const { exporterSecret } = this.#current.keySchedule
    return new Uint8Array(await mlsExporter(exporterSecret, label, context, length, this.#suite))
  }

  epochAuthenticator(): Bytes {
    return new Uint8Array(this.#current.keySchedule.epochAuthenticator)
  }

  leafIndexOf(name: string): number {
    const index = this.#current.ratchetTree.findIndex(
      (node) =>
        node?.nodeType === "leaf" &&
        node.leaf.credential.credentialType === "basic" &&
        fromUtf8(new Uint8Array(node.leaf.credential.identity)) === name,
    )
    if (index < 0) throw new RangeError(`${name} is not in the group`)
    return index / 2
  }

  #proposals({ add, remove }: Change): Proposal[] {
    return [
      ...remove.map((name): Proposal => ({ proposalType: "remove", remove: { removed: this.leafIndexOf(name) } })),
      ...add.map((bytes): Proposal => {
        const message = messageOf(bytes)
        if (message.wireformat !== "mls_key_package") throw new TypeError(`no KeyPackage: ${toHex(bytes)}`)
        return { proposalType: "add", add: { keyPackage: message.keyPackage } }
      }),
    ]
  }

  get #current(): ClientState {
    if (this.#state === undefined) throw new TypeError("in no group yet")
    return this.#state
  }
}

export const TS_MLS: Engine = {
  name: "ts-mls",
  suites: [1],
  sends: ["public", "private"],
  receives: ["public", "private"],
  commits: "anything",
  proposes: true,
  keepsProposals: true,
  overlooks: ["refilled"],
  make: (name, suite) => TsMlsMember.of(name, suite),
}

/** Without the GREASE that its default has, which is drawn anew each time. */
function capabilities(suite: CiphersuiteId): Capabilities {
  return {
    versions: ["mls10"],
    ciphersuites: [suiteName(suite)],
    extensions: [],
    proposals: [],
    credentials: ["basic", "x509"],
  }
}

function suiteName(suite: CiphersuiteId) {
  for (const [name, id] of Object.entries(ciphersuites)) if (id === suite && isSuiteName(name)) return name
  throw new RangeError(`ts-mls has no suite ${suite}`)
}

function isSuiteName(name: string): name is keyof typeof ciphersuites {
  return name in ciphersuites
}

function messageOf(bytes: Uint8Array): MLSMessage {
  const decoded = decodeMlsMessage(bytes, 0)
  if (decoded === undefined) throw new TypeError("ts-mls can't read it")
  return decoded[0]
}

function bytesOf(message: MLSMessage): Bytes {
  return new Uint8Array(encodeMlsMessage(message))
}
