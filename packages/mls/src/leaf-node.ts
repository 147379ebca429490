import { assertNever, type Bytes } from "@starling/kernel"
import { decodeSharing, encode, type Reader, type Writer } from "@starling/wire"

import { readCapabilities, writeCapabilities, type Capabilities } from "./capabilities.ts"
import { readCredential, writeCredential, type Credential } from "./credential.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import { readExtensions, writeExtensions, type Extension } from "./extension.ts"
import { signWithLabel, verifyWithLabel } from "./labelled-crypto.ts"
import { MAX_PUBLIC_KEY } from "./limits.ts"
import { opaqueSize } from "./opaque-size.ts"

/** Seconds since 1970-01-01 UTC, both ends included. */
export interface Lifetime {
  readonly notBefore: bigint
  readonly notAfter: bigint
}

export type LeafNodeSource =
  | { readonly kind: "key-package"; readonly lifetime: Lifetime }
  | { readonly kind: "update" }
  | { readonly kind: "commit"; readonly parentHash: Bytes }

/** What a leaf node says, before it is signed. */
export interface LeafNodeContent {
  readonly encryptionKey: Bytes
  readonly signatureKey: Bytes
  readonly credential: Credential
  readonly capabilities: Capabilities
  readonly source: LeafNodeSource
  readonly extensions: readonly Extension[]
}

/** What a leaf node says of its client: all but the key that each new one brings, and how it came into the tree. */
export type LeafProfile = Pick<LeafNodeContent, "signatureKey" | "credential" | "capabilities" | "extensions">

/** RFC 9420, 7.2. `encoded` is the whole struct, signature included. */
export interface LeafNode extends LeafNodeContent {
  readonly signature: Bytes
  readonly encoded: Bytes
}

/** Where in which group a leaf node stands; what a KeyPackage's leaf node can't know. */
export interface LeafPosition {
  readonly groupId: Uint8Array
  readonly leafIndex: number
}

const SOURCES = { "key-package": 1, update: 2, commit: 3 } as const

export function signLeafNode(
  crypto: CryptoProvider,
  signaturePrivateKey: Uint8Array,
  content: LeafNodeContent,
  position?: LeafPosition,
): LeafNode {
  const unsigned = encode((w) => writeContent(w, content))
  const signature = signWithLabel(crypto, signaturePrivateKey, "LeafNodeTBS", toBeSigned(unsigned, content, position))
  return { ...content, signature, encoded: encode((w) => w.fixed(unsigned).opaque(signature)) }
}

export function leafSignatureIsValid(crypto: CryptoProvider, leaf: LeafNode, position?: LeafPosition): boolean {
  const unsigned = leaf.encoded.subarray(0, leaf.encoded.length - opaqueSize(leaf.signature))
  const signed = toBeSigned(unsigned, leaf, position)
  return verifyWithLabel(crypto, leaf.signatureKey, "LeafNodeTBS", signed, leaf.signature)
}

export function writeLeafNode(writer: Writer, leaf: LeafNode): void {
  writer.fixed(leaf.encoded)
}

/** Of bytes that `signLeafNode` made or `readLeafNode` has read. */
export function decodeLeafNode(encoded: Bytes): LeafNode {
  const decoded = decodeSharing(encoded, readLeafNode)
  if (decoded.kind !== "ok") throw new TypeError(`a leaf node of ours can't be read: ${decoded.why}`)
  return decoded.value
}

export function readLeafNode(reader: Reader): LeafNode {
  const start = reader.position
  const leaf = {
    encryptionKey: reader.opaque(MAX_PUBLIC_KEY),
    signatureKey: reader.opaque(MAX_PUBLIC_KEY),
    credential: readCredential(reader),
    capabilities: readCapabilities(reader),
    source: readSource(reader),
    extensions: readExtensions(reader),
    signature: reader.opaque(),
  }
  return { ...leaf, encoded: reader.since(start) }
}

function writeContent(writer: Writer, leaf: LeafNodeContent): void {
  writer.opaque(leaf.encryptionKey).opaque(leaf.signatureKey)
  writeCredential(writer, leaf.credential)
  writeCapabilities(writer, leaf.capabilities)
  writeSource(writer, leaf.source)
  writeExtensions(writer, leaf.extensions)
}

function writeSource(writer: Writer, source: LeafNodeSource): void {
  writer.uint8(SOURCES[source.kind])
  switch (source.kind) {
    case "key-package":
      writer.uint64(source.lifetime.notBefore).uint64(source.lifetime.notAfter)
      return
    case "update":
      return
    case "commit":
      writer.opaque(source.parentHash)
      return
    default:
      assertNever(source)
  }
}

function readSource(reader: Reader): LeafNodeSource {
  const source = reader.uint8()
  switch (source) {
    case SOURCES["key-package"]:
      return { kind: "key-package", lifetime: { notBefore: reader.uint64(), notAfter: reader.uint64() } }
    case SOURCES.update:
      return { kind: "update" }
    case SOURCES.commit:
      return { kind: "commit", parentHash: reader.opaque() }
    default:
      return reader.fail(`a leaf node source ${source}`)
  }
}

/** `LeafNodeTBS`: the group and the index are signed too, except in a KeyPackage. */
function toBeSigned(unsigned: Uint8Array, content: LeafNodeContent, position: LeafPosition | undefined): Uint8Array {
  if (content.source.kind === "key-package") return unsigned
  if (position === undefined) throw new TypeError("a leaf node of an update or a commit has a position")
  return encode((w) => w.fixed(unsigned).opaque(position.groupId).uint32(position.leafIndex), unsigned.length + 64)
}
