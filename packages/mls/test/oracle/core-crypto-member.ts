import { concat, type Bytes } from "@starling/kernel"
import type { CiphersuiteId } from "@starling/mls"
import {
  ClientId,
  ConversationId,
  CoreCrypto,
  CoreCryptoError,
  Credential,
  Database,
  DecryptedMessage,
  DeviceId,
  GroupInfo,
  KeyPackage,
  MlsError,
  Uuid,
  Welcome,
  cipherSuiteFromU16,
  type CommitBundle,
  type CoreCryptoContext,
  type CredentialRef,
} from "@wireapp/core-crypto/browser"

import { startCoreCrypto } from "./core-crypto-module.ts"
import { EXPORTED, type Change, type Committed, type Engine, type OracleMember, type Outcome } from "./member.ts"

/** The version and wire format of an MLSMessage(KeyPackage); core-crypto gives and takes what comes after them. */
const KEY_PACKAGE_HEADER = Uint8Array.of(0, 1, 0, 5)
const MESSAGE_HEADER = 4

/**
 * `@wireapp/core-crypto` 10.3.0 (OpenMLS as Wire uses it). Its handshakes are public, and it refuses others that are not;
 * its messages are padded to multiples of 128 bytes. Identities read `<uuid>:<device in hex>@<domain>`: it reads no
 * message of, and removes nobody with, another. One call adds, removes, renews or commits what was proposed, and merges
 * that as soon as the transport accepts it; it renews its path only where RFC 9420, 12.4 asks for it, and proposes
 * nothing by itself. KeyPackages live for three months. Whoever sees their removal loses the group with all its keys. It
 * keeps messages of an epoch to come and reads them with the commit that brings it there; where such a commit removes it,
 * it fails over the messages and stays in the old epoch. It draws platform randomness.
 */
export class CoreCryptoMember implements OracleMember {
  readonly engine = CORE_CRYPTO
  readonly name: string
  readonly keyPackage: Bytes
  readonly #core: CoreCrypto
  readonly #credential: CredentialRef
  readonly #sent: CommitBundle[]
  #conversation: ConversationId | undefined
  #groupInfo: Bytes | undefined

  private constructor(
    name: string,
    core: CoreCrypto,
    sent: CommitBundle[],
    credential: CredentialRef,
    keyPackage: KeyPackage,
  ) {
    this.name = name
    this.#core = core
    this.#sent = sent
    this.#credential = credential
    this.keyPackage = concat(KEY_PACKAGE_HEADER, keyPackage.serialize())
  }

  static async of(name: string, suite: CiphersuiteId): Promise<CoreCryptoMember> {
    await startCoreCrypto()
    const core = CoreCrypto.new(await Database.inMemory())
    const id = clientId(name)
    const sent: CommitBundle[] = []
    return await core.transaction(async (context) => {
      await context.mlsInit(id, {
        sendCommitBundle: async (bundle) => void sent.push(bundle),
        prepareForTransport: async () => new Uint8Array(0),
      })
      const credential = await context.addCredential(Credential.basic(cipherSuiteFromU16(suite), id))
      return new CoreCryptoMember(name, core, sent, credential, await context.generateKeyPackage(credential))
    })
  }

  async found(groupId: Uint8Array): Promise<void> {
    const conversation = new ConversationId(groupId)
    await this.#transaction((context) => context.createConversation(conversation, this.#credential))
    this.#conversation = conversation
  }

  async join(welcome: Uint8Array): Promise<void> {
    const message = new Welcome(welcome)
    this.#conversation = await this.#transaction((context) => context.processWelcomeMessage(message))
  }

  async commit(change: Change): Promise<Committed> {
    const keyPackages = change.add.map((message) => new KeyPackage(message.slice(KEY_PACKAGE_HEADER.length)))
    const removed = change.remove.map(clientId)
    await this.#transaction((context) => {
      const conversation = this.#current
      if (keyPackages.length > 0) return context.addClientsToConversation(conversation, keyPackages)
      if (removed.length > 0) return context.removeClientsFromConversation(conversation, removed)
      if (change.includePending === true) return context.commitPendingProposals(conversation)
      return context.updateKeyingMaterial(conversation)
    })
    const bundle = this.#sent.pop()
    if (bundle === undefined) throw new Error("core-crypto sent no commit")
    this.#groupInfo = bytes(bundle.groupInfo.payload)
    return { messages: [bytes(bundle.commit)], welcome: bundle.welcome && bytes(bundle.welcome.serialize()) }
  }

  /** Comes in by a commit of its own, of which the MLSMessage is given back. Takes a MLSMessage(GroupInfo). */
  async joinExternally(groupInfo: Uint8Array): Promise<Bytes> {
    const info = new GroupInfo(groupInfo.slice(MESSAGE_HEADER))
    this.#conversation = await this.#transaction((context) => context.joinByExternalCommit(info, this.#credential))
    const bundle = this.#sent.pop()
    if (bundle === undefined) throw new Error("core-crypto sent no commit")
    return bytes(bundle.commit)
  }

  /** MLSMessage(GroupInfo) of the last commit that it made. */
  get groupInfo(): Bytes {
    if (this.#groupInfo === undefined) throw new TypeError("no commit was made yet")
    return this.#groupInfo
  }

  propose(): Promise<readonly Bytes[]> {
    throw new TypeError("core-crypto makes no proposals")
  }

  async protect(data: Uint8Array): Promise<Bytes> {
    return bytes(await this.#transaction((context) => context.encryptMessage(this.#current, data)))
  }

  /** A commit may bring messages with it that came before it; whoever is removed must not get any. */
  async receive(message: Uint8Array): Promise<Outcome> {
    const received = await this.#transaction(async (context) => {
      try {
        return await context.decryptMessage(this.#current, message)
      } catch (error) {
        if (isKept(error)) return undefined
        throw error
      }
    })
    if (received === undefined) throw new Error("core-crypto: kept for a later epoch")
    if (DecryptedMessage.Text.instanceOf(received))
      return { kind: "application", data: bytes(received.inner.plaintext) }
    if (!DecryptedMessage.Commit.instanceOf(received) || received.inner.isActive) return { kind: "handshake" }
    const buffered = received.inner.bufferedMessages ?? []
    if (buffered.length > 0) throw new Error(`core-crypto was removed and yet read ${buffered.length} messages`)
    return { kind: "removed" }
  }

  async exportedSecret(): Promise<Bytes> {
    const secret = await this.#core.exportSecretKey(this.#current, EXPORTED.length)
    return bytes(secret.copyBytes())
  }

  epochAuthenticator(): undefined {
    return undefined
  }

  async #transaction<R>(run: (context: CoreCryptoContext) => Promise<R>): Promise<R> {
    try {
      return await this.#core.transaction(run)
    } catch (error) {
      throw new Error(`core-crypto: ${told(error)}`, { cause: error })
    }
  }

  get #current(): ConversationId {
    if (this.#conversation === undefined) throw new TypeError("in no group yet")
    return this.#conversation
  }
}

export const CORE_CRYPTO: Engine = {
  name: "core-crypto",
  suites: [1, 2, 3, 5, 7],
  sends: ["public"],
  receives: ["public"],
  commits: "one-kind",
  proposes: false,
  keepsProposals: true,
  overlooks: ["late"],
  make: (name, suite) => CoreCryptoMember.of(name, suite),
}

function clientId(name: string): ClientId {
  const [, uuid = "", device = "", domain = ""] = /^([0-9a-f-]{36}):([0-9a-f]+)@(.+)$/.exec(name) ?? []
  return new ClientId(new Uuid(uuid), new DeviceId(BigInt(`0x${device}`)), domain)
}

/** It tells so by an error, and forgets the message again if that ends the transaction. */
function isKept(error: unknown): boolean {
  return CoreCryptoError.Mls.instanceOf(error) && MlsError.BufferedFutureMessage.instanceOf(error.inner.mlsError)
}

/** Its errors nest, each with a tag of its own. */
function told(error: unknown): string {
  if (CoreCryptoError.instanceOf(error)) return `${error.message} ${JSON.stringify(error.inner)}`
  return error instanceof Error ? error.message : String(error)
}

function bytes(given: Uint8Array): Bytes {
  return new Uint8Array(given)
}
