import type { Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import { MLS10 } from "./capabilities.ts"
import type { CryptoProvider } from "./crypto-provider.ts"
import { readExtensions, writeExtensions, type Extension } from "./extension.ts"
import { refHash, signWithLabel, verifyWithLabel } from "./labelled-crypto.ts"
import { readLeafNode, writeLeafNode, type LeafNode } from "./leaf-node.ts"
import { MAX_PUBLIC_KEY } from "./limits.ts"
import { opaqueSize } from "./opaque-size.ts"

/** What a key package says, before it is signed. */
export interface KeyPackageContent {
  readonly version: number
  readonly ciphersuite: number
  readonly initKey: Bytes
  readonly leafNode: LeafNode
  readonly extensions: readonly Extension[]
}

/** RFC 9420, 10. `encoded` is the whole struct, signature included. */
export interface KeyPackage extends KeyPackageContent {
  readonly signature: Bytes
  readonly encoded: Bytes
}

export function signKeyPackage(
  crypto: CryptoProvider,
  signaturePrivateKey: Uint8Array,
  content: Omit<KeyPackageContent, "version" | "ciphersuite">,
): KeyPackage {
  const complete = { ...content, version: MLS10, ciphersuite: crypto.suite.id }
  const unsigned = encode((w) => {
    w.uint16(complete.version).uint16(complete.ciphersuite).opaque(complete.initKey)
    writeLeafNode(w, complete.leafNode)
    writeExtensions(w, complete.extensions)
  })
  const signature = signWithLabel(crypto, signaturePrivateKey, "KeyPackageTBS", unsigned)
  return { ...complete, signature, encoded: encode((w) => w.fixed(unsigned).opaque(signature)) }
}

export function keyPackageSignatureIsValid(crypto: CryptoProvider, keyPackage: KeyPackage): boolean {
  const { encoded, signature, leafNode } = keyPackage
  const unsigned = encoded.subarray(0, encoded.length - opaqueSize(signature))
  return verifyWithLabel(crypto, leafNode.signatureKey, "KeyPackageTBS", unsigned, signature)
}

/** RFC 9420, 5.2: `KeyPackageRef`. */
export function keyPackageReference(crypto: CryptoProvider, keyPackage: KeyPackage): Bytes {
  return refHash(crypto, "MLS 1.0 KeyPackage Reference", keyPackage.encoded)
}

export function writeKeyPackage(writer: Writer, keyPackage: KeyPackage): void {
  writer.fixed(keyPackage.encoded)
}

export function readKeyPackage(reader: Reader): KeyPackage {
  const start = reader.position
  const keyPackage = {
    version: reader.uint16(),
    ciphersuite: reader.uint16(),
    initKey: reader.opaque(MAX_PUBLIC_KEY),
    leafNode: readLeafNode(reader),
    extensions: readExtensions(reader),
    signature: reader.opaque(),
  }
  return { ...keyPackage, encoded: reader.since(start) }
}
