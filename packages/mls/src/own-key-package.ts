import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import { ownCapabilities, supportsExtension } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import type { Credential } from "./credential.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import type { Extension } from "./extension.ts"
import { validateKeyPackage } from "./key-package-validation.ts"
import {
  keyPackageReference,
  readKeyPackage as readKeyPackageStruct,
  signKeyPackage,
  writeKeyPackage,
  type KeyPackage,
} from "./key-package.ts"
import { drawKeyPair } from "./labelled-crypto.ts"
import { signLeafNode, type Lifetime } from "./leaf-node.ts"
import { decodeMlsMessage, encodeMlsMessage } from "./mls-message.ts"
import { orRefused, refuse, type Refused } from "./refusal.ts"

/** A key package with its private keys: good for one join, then to be forgotten (RFC 9420, 10). */
export interface OwnKeyPackage {
  /** MLSMessage(KeyPackage), to be given to whoever may add this client. */
  readonly message: Bytes
  readonly reference: Bytes
  readonly keyPackage: KeyPackage
  readonly initPrivateKey: Bytes
  readonly encryptionPrivateKey: Bytes
}

export interface NewKeyPackage {
  readonly credential: Credential
  readonly signatureKeys: SignatureKeyPair
  readonly lifetime: Lifetime
  /** Extension types beyond the RFC's own that this client knows. */
  readonly supportedExtensions?: readonly number[]
  readonly leafExtensions?: readonly Extension[]
  readonly extensions?: readonly Extension[]
}

const STORED_VERSION = 1

export function createKeyPackage(mls: MlsContext, options: NewKeyPackage): OwnKeyPackage {
  const { crypto } = mls
  const { supportedExtensions = [], leafExtensions = [], extensions = [], signatureKeys } = options
  const capabilities = ownCapabilities(crypto.suite.id, supportedExtensions)
  for (const { type } of leafExtensions) {
    if (!supportsExtension(capabilities, type)) throw new RangeError(`extension ${type} is not among those supported`)
  }
  const initKeys = drawKeyPair(mls, "key package init key")
  const encryptionKeys = drawKeyPair(mls, "leaf encryption key")
  const leafNode = signLeafNode(crypto, signatureKeys.privateKey, {
    encryptionKey: encryptionKeys.publicKey,
    signatureKey: signatureKeys.publicKey,
    credential: options.credential,
    capabilities,
    source: { kind: "key-package", lifetime: options.lifetime },
    extensions: leafExtensions,
  })
  const keyPackage = signKeyPackage(crypto, signatureKeys.privateKey, {
    initKey: initKeys.publicKey,
    leafNode,
    extensions,
  })
  return {
    message: encodeMlsMessage({ kind: "key-package", keyPackage }),
    reference: keyPackageReference(crypto, keyPackage),
    keyPackage,
    initPrivateKey: initKeys.privateKey,
    encryptionPrivateKey: encryptionKeys.privateKey,
  }
}

/** Reads somebody's MLSMessage(KeyPackage) and checks it by RFC 9420, 10.1. `now` in seconds since 1970. */
export function readKeyPackage(
  mls: MlsContext,
  message: Uint8Array,
  now: bigint,
): { readonly kind: "ok"; readonly keyPackage: KeyPackage; readonly reference: Bytes } | Refused {
  return orRefused(() => {
    const decoded = decodeMlsMessage(message)
    if (decoded.kind === "malformed") refuse("malformed", "10")
    if (decoded.value.kind !== "key-package") refuse("unexpected-wire-format", "10")
    const { keyPackage } = decoded.value
    validateKeyPackage(mls, keyPackage, [], now)
    return { kind: "ok", keyPackage, reference: keyPackageReference(mls.crypto, keyPackage) }
  })
}

/** For storage: private keys included. */
export function encodeOwnKeyPackage(own: OwnKeyPackage): Bytes {
  return encode((w) => {
    writeKeyPackage(w.uint16(STORED_VERSION).opaque(own.reference), own.keyPackage)
    w.opaque(own.initPrivateKey).opaque(own.encryptionPrivateKey)
  })
}

export function decodeOwnKeyPackage(bytes: Uint8Array): Decoded<OwnKeyPackage> {
  return decode(bytes, (r) => {
    const version = r.uint16()
    if (version !== STORED_VERSION) r.fail(`a stored key package of version ${version}`)
    const reference = r.opaque()
    const keyPackage = readKeyPackageStruct(r)
    const initPrivateKey = r.opaque()
    const encryptionPrivateKey = r.opaque()
    const message = encodeMlsMessage({ kind: "key-package", keyPackage })
    return { message, reference, keyPackage, initPrivateKey, encryptionPrivateKey }
  })
}
