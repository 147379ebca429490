import { wipe, type Bytes } from "@starling/kernel"
import { decode, encode, type Reader, type Writer } from "@starling/wire"

import type { MlsContext } from "./context.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import { draw } from "./draw.ts"
import {
  CONTENT_TYPES,
  readContent,
  readContentType,
  readFramedContentAuth,
  writeContent,
  writeFramedContentAuth,
  type Content,
  type FramedContent,
  type FramedContentAuth,
} from "./framing.ts"
import { expandWithLabel } from "./labelled-crypto.ts"
import type { RatchetLimits } from "./limits.ts"
import { refuse } from "./refusal.ts"
import { takeKey, type MessageKey, type SecretTree } from "./secret-tree.ts"

/** RFC 9420, 6.3. */
export interface PrivateMessage {
  readonly groupId: Bytes
  readonly epoch: bigint
  readonly contentType: Content["kind"]
  readonly authenticatedData: Bytes
  readonly encryptedSenderData: Bytes
  readonly ciphertext: Bytes
}

/** What of an epoch it takes to seal and open. */
export interface MessageKeys {
  readonly secretTree: SecretTree
  readonly senderDataSecret: Uint8Array
  readonly leafCount: number
}

/** RFC 9420, 6.3.2. */
interface SenderData {
  readonly leafIndex: number
  readonly generation: number
  readonly reuseGuard: Bytes
}

const REUSE_GUARD = 4

/** Encrypts with the sender's next key. The plaintext is padded with zeros to a multiple of `padTo` bytes. */
export function sealPrivateMessage(
  mls: MlsContext,
  keys: MessageKeys,
  framed: FramedContent,
  auth: FramedContentAuth,
  padTo: number,
): { readonly message: PrivateMessage; readonly secretTree: SecretTree } {
  const { crypto } = mls
  if (framed.sender.kind !== "member") throw new TypeError("only a member sends a PrivateMessage")
  const { leafIndex } = framed.sender
  const header = { ...framed, contentType: framed.content.kind }
  const type = framed.content.kind === "application" ? "application" : "handshake"
  const taken = takeKey(crypto, keys.secretTree, keys.leafCount, leafIndex, type, undefined, mls.ratchetLimits)
  const reuseGuard = draw(mls, REUSE_GUARD, "reuse guard")
  const plaintext = encode((w) => {
    writeContent(w, framed.content)
    writeFramedContentAuth(w, auth)
    w.fixed(new Uint8Array((padTo - (w.length % padTo)) % padTo))
  }, 512)
  const ciphertext = crypto.aead.seal(taken.key, guarded(taken, reuseGuard), contentAad(header), plaintext)
  wipe(taken.key, taken.nonce, plaintext)
  const senderData = encode((w) => w.uint32(leafIndex).uint32(taken.generation).fixed(reuseGuard), 16)
  const { key, nonce } = senderDataKey(crypto, keys.senderDataSecret, ciphertext)
  const encryptedSenderData = crypto.aead.seal(key, nonce, senderDataAad(header), senderData)
  const { groupId, epoch, authenticatedData, contentType } = header
  return {
    message: { groupId, epoch, contentType, authenticatedData, encryptedSenderData, ciphertext },
    secretTree: taken.tree,
  }
}

/** What a PrivateMessage held. The signature in `auth` is yet to be verified. */
export interface OpenedPrivateMessage {
  readonly framed: FramedContent
  readonly auth: FramedContentAuth
  readonly leafIndex: number
  readonly generation: number
  /** What is left after the message's key was used. */
  readonly secretTree: SecretTree
}

/** Decrypts, once `requireSender` has not refused the sender's leaf, which may be any number. */
export function openPrivateMessage(
  crypto: CryptoProvider,
  keys: MessageKeys,
  message: PrivateMessage,
  requireSender: (leafIndex: number) => void,
  limits?: RatchetLimits,
): OpenedPrivateMessage {
  const { leafIndex, generation, reuseGuard } = openSenderData(crypto, keys.senderDataSecret, message)
  requireSender(leafIndex)
  const type = message.contentType === "application" ? "application" : "handshake"
  const taken = takeKey(crypto, keys.secretTree, keys.leafCount, leafIndex, type, generation, limits)
  const opened = crypto.aead.open(taken.key, guarded(taken, reuseGuard), contentAad(message), message.ciphertext)
  wipe(taken.key, taken.nonce)
  const plaintext = opened ?? refuse("undecryptable", "6.3.1")
  const decoded = decode(plaintext, (r) => readPaddedContent(r, message.contentType))
  if (decoded.kind === "malformed") refuse("malformed", "6.3.1")
  const { content, auth, padding } = decoded.value
  if (padding.some((byte) => byte !== 0)) refuse("nonzero-padding", "6.3.1")
  const { groupId, epoch, authenticatedData } = message
  const sender = { kind: "member", leafIndex } as const
  return {
    framed: { groupId, epoch, sender, authenticatedData, content },
    auth,
    leafIndex,
    generation,
    secretTree: taken.tree,
  }
}

/** RFC 9420, 6.3.2: keyed by a sample of the ciphertext. */
export function senderDataKey(
  crypto: CryptoProvider,
  senderDataSecret: Uint8Array,
  ciphertext: Uint8Array,
): MessageKey {
  const { hashLength, aeadKeyLength, aeadNonceLength } = crypto.suite
  const sample = ciphertext.subarray(0, hashLength)
  return {
    key: expandWithLabel(crypto, senderDataSecret, "key", sample, aeadKeyLength),
    nonce: expandWithLabel(crypto, senderDataSecret, "nonce", sample, aeadNonceLength),
  }
}

export function writePrivateMessage(writer: Writer, message: PrivateMessage): void {
  writer.opaque(message.groupId).uint64(message.epoch).uint8(CONTENT_TYPES[message.contentType])
  writer.opaque(message.authenticatedData).opaque(message.encryptedSenderData).opaque(message.ciphertext)
}

export function readPrivateMessage(reader: Reader): PrivateMessage {
  return {
    groupId: reader.opaque(),
    epoch: reader.uint64(),
    contentType: readContentType(reader),
    authenticatedData: reader.opaque(),
    encryptedSenderData: reader.opaque(),
    ciphertext: reader.opaque(),
  }
}

function openSenderData(crypto: CryptoProvider, senderDataSecret: Uint8Array, message: PrivateMessage): SenderData {
  const { key, nonce } = senderDataKey(crypto, senderDataSecret, message.ciphertext)
  const opened =
    crypto.aead.open(key, nonce, senderDataAad(message), message.encryptedSenderData) ??
    refuse("undecryptable", "6.3.2")
  const decoded = decode(opened, (r) => ({
    leafIndex: r.uint32(),
    generation: r.uint32(),
    reuseGuard: r.fixed(REUSE_GUARD),
  }))
  return decoded.kind === "ok" ? decoded.value : refuse("malformed", "6.3.2")
}

function readPaddedContent(reader: Reader, kind: Content["kind"]) {
  const content = readContent(reader, kind)
  const auth = readFramedContentAuth(reader, kind)
  return { content, auth, padding: reader.fixed(reader.left) }
}

/** RFC 9420, 6.3.1: the reuse guard is XORed into the first bytes of the nonce. */
function guarded({ nonce }: MessageKey, reuseGuard: Uint8Array): Bytes {
  const out = nonce.slice()
  reuseGuard.forEach((byte, i) => (out[i] = (out[i] ?? 0) ^ byte))
  return out
}

type Header = Pick<PrivateMessage, "groupId" | "epoch" | "contentType" | "authenticatedData">

function contentAad(header: Header): Bytes {
  return encode((w) => writeSenderDataAad(w, header).opaque(header.authenticatedData))
}

function senderDataAad(header: Header): Bytes {
  return encode((w) => writeSenderDataAad(w, header))
}

function writeSenderDataAad(writer: Writer, header: Header): Writer {
  return writer.opaque(header.groupId).uint64(header.epoch).uint8(CONTENT_TYPES[header.contentType])
}
