import type { Bytes, Decoded } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import type { MlsContext } from "./context.ts"
import { requireDistinctTypes, type Extension } from "./extension.ts"
import { greaseExtension } from "./grease.ts"
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
import { newProfile, type NewLeaf } from "./leaf-profile.ts"
import { encodeMlsMessage, openMlsMessage } from "./mls-message.ts"
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

export interface NewKeyPackage extends NewLeaf {
  readonly lifetime: Lifetime
  /** Of the key package itself, for whoever reads it. */
  readonly extensions?: readonly Extension[]
}

const STORED_VERSION = 1

export function createKeyPackage(mls: MlsContext, options: NewKeyPackage): OwnKeyPackage {
  const { crypto } = mls
  const { extensions = [], signatureKeys, grease = false } = options
  requireDistinctTypes(extensions)
  const profile = newProfile(mls, options)
  const initKeys = drawKeyPair(mls, "key package init key")
  const encryptionKeys = drawKeyPair(mls, "leaf encryption key")
  const leafNode = signLeafNode(crypto, signatureKeys.privateKey, {
    ...profile,
    encryptionKey: encryptionKeys.publicKey,
    source: { kind: "key-package", lifetime: options.lifetime },
  })
  const keyPackage = signKeyPackage(crypto, signatureKeys.privateKey, {
    initKey: initKeys.publicKey,
    leafNode,
    extensions: grease ? [...extensions, greaseExtension(mls)] : extensions,
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
    const opened = openMlsMessage(message, "10")
    if (opened.kind !== "key-package") return refuse("unexpected-wire-format", "10")
    const { keyPackage } = opened
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
