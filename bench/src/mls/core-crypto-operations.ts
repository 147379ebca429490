import { concat, utf8, type Bytes } from "@starling/kernel"
import { protect, readKeyPackage, type GroupState } from "@starling/mls"
import {
  ClientId,
  CoreCrypto,
  Credential,
  Database,
  DecryptedMessage,
  DeviceId,
  KeyPackage,
  Uuid,
  Welcome,
  cipherSuiteFromU16,
  type ConversationId,
  type CoreCryptoContext,
  type CredentialRef,
} from "@wireapp/core-crypto/browser"

import { startCoreCrypto } from "./core-crypto-module.ts"
import { MESSAGE, type OperationName } from "./operations.ts"
import { repeatableLater, type Repeatable } from "./repeatable.ts"
import { commit, newcomer, PRESENT, type Scene } from "./scene.ts"

/**
 * One operation of `@wireapp/core-crypto` 10.3.0, which is OpenMLS as Wire uses it: done by a member that our committer
 * took into its warm group of suite 1, in a transaction each, its key store in memory. The scene's members have names of
 * `wireName`, as it reads no others.
 */
export async function coreCryptoOperation(scene: Scene, name: OperationName): Promise<Repeatable> {
  await startCoreCrypto()
  const add = (): Proposals => [
    { kind: "add", keyPackage: newcomer(scene.mls, wireName(999_999)).keyPackage.keyPackage },
  ]
  switch (name) {
    case "send32": {
      const { own, conversation } = await joined(scene)
      return repeatableLater(
        () => MESSAGE,
        async (data) => void (await own.core.transaction((context) => context.encryptMessage(conversation, data))),
      )
    }
    case "recv32":
      return await receiving(scene)
    case "update.create":
      return creating(scene, () => (context, conversation) => context.updateKeyingMaterial(conversation))
    case "update.process":
      return processing(scene, () => [])
    case "add.create":
      return creating(scene, () => {
        const { message } = newcomer(scene.mls, wireName(999_999)).keyPackage
        const keyPackage = new KeyPackage(message.slice(KEY_PACKAGE_HEADER.length))
        return (context, conversation) => context.addClientsToConversation(conversation, [keyPackage])
      })
    case "add.process":
      return processing(scene, add)
    case "remove.create": {
      const removed = clientId(scene.removed)
      return creating(
        scene,
        () => (context, conversation) => context.removeClientsFromConversation(conversation, [removed]),
      )
    }
    case "remove.process":
      return processing(scene, () => [{ kind: "remove", leafIndex: scene.removed }])
    case "join":
      return onceEach(
        () => invited(scene),
        async ({ own, welcome }) => {
          const message = new Welcome(welcome)
          await own.core.transaction((context) => context.processWelcomeMessage(message))
        },
      )
    case "keyPackage": {
      const { core, credential } = await Wire.of(1_000_000)
      return repeatableLater(
        () => credential,
        async (own) => void (await core.transaction((context) => context.generateKeyPackage(own))),
      )
    }
  }
}

/** How Wire names the client of a leaf. */
export function wireName(leafIndex: number): Bytes {
  return utf8(`${uuid(leafIndex)}:1@bench.example`)
}

type Proposals = Parameters<typeof commit>[2]["proposals"]

/** The version and wire format of an MLSMessage(KeyPackage); core-crypto gives and takes what comes after them. */
const KEY_PACKAGE_HEADER = Uint8Array.of(0, 1, 0, 5)
const SUITE = 1

/** A client of core-crypto, and what it would send. */
interface Wire {
  readonly core: CoreCrypto
  readonly credential: CredentialRef
  readonly keyPackage: KeyPackage
}

const Wire = {
  async of(leafIndex: number): Promise<Wire> {
    const core = CoreCrypto.new(await Database.inMemory())
    const id = clientId(leafIndex)
    return await core.transaction(async (context) => {
      await context.mlsInit(id, {
        sendCommitBundle: async () => undefined,
        prepareForTransport: async () => new Uint8Array(0),
      })
      const credential = await context.addCredential(Credential.basic(cipherSuiteFromU16(SUITE), id))
      return { core, credential, keyPackage: await context.generateKeyPackage(credential) }
    })
  },
}

interface Invited {
  readonly own: Wire
  readonly welcome: Bytes
  readonly committer: GroupState
}

async function invited(scene: Scene): Promise<Invited> {
  const own = await Wire.of(scene.group.size)
  const read = readKeyPackage(scene.mls, concat(KEY_PACKAGE_HEADER, own.keyPackage.serialize()), PRESENT)
  if (read.kind !== "ok") throw new Error(`a key package of core-crypto was refused: ${read.reason}`)
  const { welcome, next } = commit(scene.mls, scene.committer, {
    proposals: [{ kind: "add", keyPackage: read.keyPackage }],
  })
  if (welcome === undefined) throw new Error("no Welcome")
  return { own, welcome, committer: next }
}

interface Joined extends Invited {
  readonly conversation: ConversationId
}

async function joined(scene: Scene): Promise<Joined> {
  const made = await invited(scene)
  const message = new Welcome(made.welcome)
  const conversation = await made.own.core.transaction((context) => context.processWelcomeMessage(message))
  return { ...made, conversation }
}

async function receiving(scene: Scene): Promise<Repeatable> {
  const { own, conversation, committer } = await joined(scene)
  let sender = committer
  return repeatableLater(
    () => {
      const sent = protect(scene.mls, sender, MESSAGE)
      sender = sent.next
      return sent.message
    },
    async (message) => {
      const received = await own.core.transaction((context) => context.decryptMessage(conversation, message))
      if (!DecryptedMessage.Text.instanceOf(received)) throw new Error("another message")
    },
  )
}

type Work = (context: CoreCryptoContext, conversation: ConversationId) => Promise<unknown>

function creating(scene: Scene, work: () => Work): Repeatable {
  return onceEach(
    async () => ({ ...(await joined(scene)), work: work() }),
    async ({ own, conversation, work: run }) =>
      void (await own.core.transaction((context) => run(context, conversation))),
  )
}

function processing(scene: Scene, proposals: () => Proposals): Repeatable {
  return onceEach(
    async () => {
      const made = await joined(scene)
      return { ...made, message: commit(scene.mls, made.committer, { proposals: proposals() }).commit }
    },
    async ({ own, conversation, message }) =>
      void (await own.core.transaction((context) => context.decryptMessage(conversation, message))),
  )
}

/** core-crypto changes a group in place, so each run has a client of its own. */
function onceEach<T>(make: () => Promise<T>, run: (input: T) => Promise<void>): Repeatable {
  return { isCostly: true, ...repeatableLater(make, run) }
}

function clientId(leafIndex: number): ClientId {
  return new ClientId(new Uuid(uuid(leafIndex)), new DeviceId(1n), "bench.example")
}

function uuid(leafIndex: number): string {
  return `00000000-0000-4000-8000-${leafIndex.toString(16).padStart(12, "0")}`
}
