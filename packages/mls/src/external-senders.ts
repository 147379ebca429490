import { equalBytes, type Bytes } from "@starling/kernel"
import { decode, encode } from "@starling/wire"

import type { MlsContext } from "./context.ts"
import { readCredential, writeCredential, type Credential } from "./credential.ts"
import { ExtensionType, findExtension, type Extension } from "./extension.ts"
import { MAX_LISTED, MAX_PUBLIC_KEY } from "./limits.ts"
import { refuse } from "./refusal.ts"

/** RFC 9420, 12.1.8.1: somebody outside of the group who may propose changes to it. */
export interface ExternalSender {
  readonly signatureKey: Bytes
  readonly credential: Credential
}

/** For a GroupContext. */
export function externalSendersExtension(senders: readonly ExternalSender[]): Extension {
  const data = encode((w) =>
    w.vector(senders, (each, { signatureKey, credential }) => writeCredential(each.opaque(signatureKey), credential)),
  )
  return { type: ExtensionType.externalSenders, data }
}

/** Those whom a GroupContext with these extensions lets propose; none where it says nothing of them. */
export function externalSenders(extensions: readonly Extension[]): readonly ExternalSender[] {
  const extension = findExtension(extensions, ExtensionType.externalSenders)
  if (extension === undefined) return []
  const decoded = decode(extension.data, (r) =>
    r.vector((each) => ({ signatureKey: each.opaque(MAX_PUBLIC_KEY), credential: readCredential(each) }), MAX_LISTED),
  )
  return decoded.kind === "ok" ? decoded.value : refuse("malformed", "12.1.8.1")
}

/** RFC 9420, 5.3.1: judges those that extensions name, unless the ones `before` named the same. */
export function validateExternalSenders(
  mls: MlsContext,
  extensions: readonly Extension[],
  before: readonly Extension[] = [],
): void {
  const named = findExtension(extensions, ExtensionType.externalSenders)
  const known = findExtension(before, ExtensionType.externalSenders)
  if (named === undefined || (known !== undefined && equalBytes(named.data, known.data))) return
  for (const { credential, signatureKey } of externalSenders(extensions)) {
    const objection = mls.authenticate(credential, signatureKey, undefined, "external-sender")
    if (objection !== undefined) refuse("credential-rejected", "5.3.1")
  }
}
