import { fromHex, concat, utf8 } from "@starling/kernel"
import { readKeyPackage, type GroupState } from "@starling/mls"
import { encodeRatchetTree, leafCount } from "@starling/mls/rfc9420"
import {
  acceptAll,
  createApplicationMessage,
  createCommit,
  decodeMlsMessage,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  processMessage,
  type Capabilities,
  type CiphersuiteImpl,
  type ClientState,
  type MLSMessage,
  type Proposal,
} from "ts-mls"
import { defaultClientConfig } from "ts-mls/clientConfig.js"
import { decodeGroupContext } from "ts-mls/groupContext.js"
import { decodeRatchetTree } from "ts-mls/ratchetTree.js"
import { createSecretTree } from "ts-mls/secretTree.js"

import { MESSAGE, type OperationName } from "./operations.ts"
import { repeatableLater, type Repeatable } from "./repeatable.ts"
import { commit, PRESENT, type Scene } from "./scene.ts"
import { tsMlsCrypto } from "./ts-mls-crypto.ts"

const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"

/** Without the GREASE that its default has, which is drawn anew each time. */
const CAPABILITIES: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [SUITE],
  extensions: [],
  proposals: [],
  credentials: ["basic", "x509"],
}

/** Two ts-mls members of our warm group. */
export interface TsMlsScene {
  readonly scene: Scene
  readonly suite: CiphersuiteImpl
  readonly committer: ClientState
  readonly receiver: ClientState
}

/** `ts-mls` 1.6.4 with its own WebCrypto primitives (`stock`), or with those of the scene. Of suite 1 only. */
export async function tsMlsScene(scene: Scene, primitives: "stock" | "ours"): Promise<TsMlsScene> {
  const { crypto, random } = scene.mls
  const suite =
    primitives === "stock"
      ? await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
      : tsMlsCrypto(crypto, random, SUITE)
  const signatureKey = (state: GroupState) => {
    const { privateKey } = state.signatureKeys
    return primitives === "stock" ? concat(PKCS8_ED25519, privateKey) : privateKey
  }
  const [committer, receiver] = await Promise.all(
    [scene.committer, scene.receiver].map((state) => clientState(state, suite, signatureKey(state))),
  )
  if (committer === undefined || receiver === undefined) throw new RangeError("a scene has two members")
  return { scene, suite, committer, receiver }
}

/** One operation of ts-mls; handshakes are public, as ours are. */
export async function tsMlsOperation(theirs: TsMlsScene, name: OperationName): Promise<Repeatable> {
  const { scene, suite, committer, receiver } = theirs
  const creating = async (proposals: readonly Proposal[]): Promise<MLSMessage> => {
    const options = { wireAsPublicMessage: true, extraProposals: [...proposals] }
    return (await createCommit({ state: committer, cipherSuite: suite }, options)).commit
  }
  const processing = (proposals: () => Promise<readonly Proposal[]>) =>
    repeatableLater(
      async () => encodeMlsMessage(await creating(await proposals())),
      async (message) => {
        const decoded = decoding(message)
        await processMessage(decoded, receiver, emptyPskIndex, acceptAll, suite)
      },
    )
  const creation = (proposals: () => Promise<readonly Proposal[]>) =>
    repeatableLater(proposals, async (list) => void encodeMlsMessage(await creating(list)))
  const add = async (): Promise<readonly Proposal[]> => [
    { proposalType: "add", add: { keyPackage: (await keyPackage(suite)).publicPackage } },
  ]
  const remove = async (): Promise<readonly Proposal[]> => [
    { proposalType: "remove", remove: { removed: scene.removed } },
  ]
  switch (name) {
    case "send32":
      return sending(theirs)
    case "recv32":
      return await receiving(theirs)
    case "update.create":
      return creation(async () => [])
    case "update.process":
      return processing(async () => [])
    case "add.create":
      return creation(add)
    case "add.process":
      return processing(add)
    case "remove.create":
      return creation(remove)
    case "remove.process":
      return processing(remove)
    case "join":
      return await joining(theirs)
    case "keyPackage":
      return repeatableLater(
        () => undefined,
        async () => void (await keyPackage(suite)),
      )
  }
}

function sending({ committer, suite }: TsMlsScene): Repeatable {
  let state = committer
  return repeatableLater(
    () => MESSAGE,
    async (data) => {
      const sent = await createApplicationMessage(state, data, suite)
      encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage: sent.privateMessage })
      state = sent.newState
    },
  )
}

async function receiving({ committer, receiver, suite }: TsMlsScene): Promise<Repeatable> {
  let sender = committer
  let state = receiver
  return repeatableLater(
    async () => {
      const { newState, privateMessage } = await createApplicationMessage(sender, MESSAGE, suite)
      sender = newState
      return encodeMlsMessage({ version: "mls10", wireformat: "mls_private_message", privateMessage })
    },
    async (message) => {
      const received = await processMessage(decoding(message), state, emptyPskIndex, acceptAll, suite)
      if (received.kind !== "applicationMessage") throw new Error(`a message was ${received.kind}`)
      state = received.newState
    },
  )
}

/** By our Welcome, with the tree inside. */
async function joining({ scene, suite }: TsMlsScene): Promise<Repeatable> {
  const { publicPackage, privatePackage } = await keyPackage(suite)
  const message = encodeMlsMessage({ version: "mls10", wireformat: "mls_key_package", keyPackage: publicPackage })
  const read = readKeyPackage(scene.mls, message, PRESENT)
  if (read.kind !== "ok") throw new Error(`a key package of ts-mls was refused: ${read.reason} (${read.section})`)
  const { welcome } = commit(scene.mls, scene.committer, {
    proposals: [{ kind: "add", keyPackage: read.keyPackage }],
  })
  return repeatableLater(
    () => welcome ?? new Uint8Array(0),
    async (bytes) => {
      const decoded = decodeMlsMessage(bytes, 0)?.[0]
      if (decoded?.wireformat !== "mls_welcome") throw new TypeError("no Welcome")
      await joinGroup(decoded.welcome, publicPackage, privatePackage, emptyPskIndex, suite)
    },
  )
}

function keyPackage(suite: CiphersuiteImpl) {
  const credential = { credentialType: "basic", identity: utf8("somebody new") } as const
  return generateKeyPackage(credential, CAPABILITIES, defaultLifetime, [], suite)
}

function decoding(bytes: Uint8Array) {
  const message = decodeMlsMessage(bytes, 0)?.[0]
  if (message?.wireformat !== "mls_private_message" && message?.wireformat !== "mls_public_message") {
    throw new TypeError("no message for a group")
  }
  return message
}

/** Our state of an epoch whose keys are all unused, as ts-mls holds it. */
async function clientState(
  state: GroupState,
  suite: CiphersuiteImpl,
  signaturePrivateKey: Uint8Array,
): Promise<ClientState> {
  const { keys, secretTree } = state
  if (secretTree.kind !== "secret") throw new RangeError("a state that has been used")
  return {
    groupContext: decoded(decodeGroupContext(state.contextBytes, 0)),
    keySchedule: {
      senderDataSecret: keys.senderData,
      exporterSecret: keys.exporter,
      externalSecret: keys.external,
      // Of the epoch that has begun it is never asked for.
      confirmationKey: new Uint8Array(0),
      membershipKey: keys.membership,
      resumptionPsk: keys.resumption,
      epochAuthenticator: state.epochAuthenticator,
      initSecret: keys.init,
    },
    secretTree: await createSecretTree(leafCount(state.tree), secretTree.secret, suite.kdf),
    ratchetTree: decoded(decodeRatchetTree(encodeRatchetTree(state.tree), 0)),
    privatePath: { leafIndex: state.ownLeafIndex, privateKeys: Object.fromEntries(state.privateKeys) },
    signaturePrivateKey,
    unappliedProposals: {},
    confirmationTag: state.confirmationTag,
    historicalReceiverData: new Map(),
    groupActiveState: { kind: "active" },
    clientConfig: defaultClientConfig,
  }
}

function decoded<T>(result: readonly [T, number] | undefined): T {
  if (result === undefined) throw new TypeError("ts-mls can't read it")
  return result[0]
}

/** What stands before an Ed25519 seed in PKCS #8 (RFC 8410, 7), the form in which ts-mls keeps its signature keys. */
const PKCS8_ED25519 = fromHex("302e020100300506032b657004220420") ?? new Uint8Array(0)
