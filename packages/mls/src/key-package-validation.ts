import { equalBytes } from "@starling/kernel"

import { MLS10 } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import type { Extension } from "./extension.ts"
import { keyPackageSignatureIsValid, type KeyPackage } from "./key-package.ts"
import { requireHpkeKey } from "./labelled-crypto.ts"
import { validateLeafNode } from "./leaf-node-validation.ts"
import { refuse } from "./refusal.ts"

/** RFC 9420, 10.1. `now` in seconds since 1970; left out, lifetimes are not looked at. */
export function validateKeyPackage(
  mls: MlsContext,
  keyPackage: KeyPackage,
  groupExtensions: readonly Extension[],
  now: bigint | undefined,
): void {
  if (keyPackage.version !== MLS10) refuse("unsupported-version", "10.1")
  if (keyPackage.ciphersuite !== mls.crypto.suite.id) refuse("unsupported-ciphersuite", "10.1")
  if (equalBytes(keyPackage.initKey, keyPackage.leafNode.encryptionKey)) refuse("init-key-is-encryption-key", "10.1")
  requireHpkeKey(mls.crypto, keyPackage.initKey)
  validateLeafNode(mls, keyPackage.leafNode, { source: "key-package", groupExtensions, now })
  if (!keyPackageSignatureIsValid(mls.crypto, keyPackage)) refuse("bad-signature", "10.1")
}
