import { utf8, type Bytes } from "@starling/kernel"
import {
  acceptAll,
  createApplicationMessage,
  createCommit,
  createGroup,
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

const SUITE = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519"

/** Without the GREASE that its default has, which is drawn anew each time. */
const CAPABILITIES: Capabilities = {
  versions: ["mls10"],
  ciphersuites: [SUITE],
  extensions: [],
  proposals: [],
  credentials: ["basic", "x509"],
}

/** A member that runs ts-mls, spoken to in bytes alone. */
export class TsMlsMember {
  readonly #suite: CiphersuiteImpl
  readonly #made: Awaited<ReturnType<typeof generateKeyPackage>>
  #state: ClientState | undefined

  private constructor(suite: CiphersuiteImpl, made: Awaited<ReturnType<typeof generateKeyPackage>>) {
    this.#suite = suite
    this.#made = made
  }

  static async of(name: string): Promise<TsMlsMember> {
    const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE))
    const credential = { credentialType: "basic", identity: utf8(name) } as const
    return new TsMlsMember(suite, await generateKeyPackage(credential, CAPABILITIES, defaultLifetime, [], suite))
  }

  get keyPackage(): Bytes {
    return bytesOf({ version: "mls10", wireformat: "mls_key_package", keyPackage: this.#made.publicPackage })
  }

  get epochAuthenticator(): Bytes {
    return new Uint8Array(this.#current.keySchedule.epochAuthenticator)
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

  async commit(options: {
    readonly add?: Uint8Array
    readonly remove?: number
    readonly isPublic: boolean
  }): Promise<{ readonly commit: Bytes; readonly welcome: Bytes | undefined }> {
    const proposals: Proposal[] = []
    if (options.add !== undefined) {
      const message = messageOf(options.add)
      if (message.wireformat !== "mls_key_package") throw new TypeError("no KeyPackage")
      proposals.push({ proposalType: "add", add: { keyPackage: message.keyPackage } })
    }
    if (options.remove !== undefined) proposals.push({ proposalType: "remove", remove: { removed: options.remove } })
    const made = await createCommit(
      { state: this.#current, cipherSuite: this.#suite },
      { wireAsPublicMessage: options.isPublic, extraProposals: proposals, ratchetTreeExtension: true },
    )
    this.#state = made.newState
    const { welcome } = made
    return {
      commit: bytesOf(made.commit),
      welcome: welcome && bytesOf({ version: "mls10", wireformat: "mls_welcome", welcome }),
    }
  }

  async protect(text: string): Promise<Bytes> {
    const made = await createApplicationMessage(this.#current, utf8(text), this.#suite)
    this.#state = made.newState
    return bytesOf({
      version: "mls10",
      wireformat: "mls_private_message",
      privateMessage: made.privateMessage,
    })
  }

  /** The text of an application message; nothing for a commit. */
  async receive(bytes: Uint8Array): Promise<string | undefined> {
    const message = messageOf(bytes)
    if (message.wireformat !== "mls_private_message" && message.wireformat !== "mls_public_message") {
      throw new TypeError(`a ${message.wireformat}`)
    }
    const done = await processMessage(message, this.#current, emptyPskIndex, acceptAll, this.#suite)
    this.#state = done.newState
    return done.kind === "applicationMessage" ? new TextDecoder().decode(done.message) : undefined
  }

  get #current(): ClientState {
    if (this.#state === undefined) throw new TypeError("in no group yet")
    return this.#state
  }
}

function messageOf(bytes: Uint8Array): MLSMessage {
  const decoded = decodeMlsMessage(bytes, 0)
  if (decoded === undefined) throw new TypeError("ts-mls can't read it")
  return decoded[0]
}

function bytesOf(message: MLSMessage): Bytes {
  return new Uint8Array(encodeMlsMessage(message))
}
