import type { Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import {
  framedContentTbs,
  signFramedContent,
  WireFormat,
  type Content,
  type FramedContent,
  type FramedContentAuth,
  type FramedWireFormat,
} from "./framing.ts"
import { messageKeys, type GroupState } from "./group-state.ts"
import { encodeMlsMessage } from "./mls-message.ts"
import { sealPrivateMessage } from "./private-message.ts"
import { membershipTag } from "./public-message.ts"
import type { SecretTree } from "./secret-tree.ts"

/** Content of this member, signed (RFC 9420, 6.1). */
export interface SignedContent {
  readonly wireFormat: FramedWireFormat
  readonly framed: FramedContent
  readonly signature: Bytes
  readonly tbs: Bytes
}

/** Bytes that a PrivateMessage's plaintext is padded to a multiple of, so that lengths say little (RFC 9420, 6.3.1). */
export const DEFAULT_PADDING = 256

export function signContent(
  mls: MlsContext,
  state: GroupState,
  wireFormat: FramedWireFormat,
  content: Content,
  authenticatedData: Uint8Array = new Uint8Array(0),
): SignedContent {
  const framed: FramedContent = {
    groupId: state.groupId,
    epoch: state.epoch,
    sender: { kind: "member", leafIndex: state.ownLeafIndex },
    authenticatedData: new Uint8Array(authenticatedData),
    content,
  }
  const tbs = framedContentTbs(wireFormat, framed, state.contextBytes)
  const signature = signFramedContent(mls.crypto, state.signatureKeys.privateKey, tbs)
  return { wireFormat, framed, signature, tbs }
}

/** The MLSMessage, and the secret tree that is left after it. */
export function frameContent(
  mls: MlsContext,
  state: GroupState,
  signed: SignedContent,
  confirmationTag: Bytes | undefined,
  padTo = DEFAULT_PADDING,
): { readonly message: Bytes; readonly secretTree: SecretTree } {
  const { framed, signature, tbs } = signed
  const auth: FramedContentAuth = { signature, confirmationTag }
  if (signed.wireFormat === WireFormat.publicMessage) {
    const tag = membershipTag(mls.crypto, state.keys.membership, tbs, auth)
    const message = encodeMlsMessage({ kind: "public-message", message: { framed, auth, membershipTag: tag } })
    return { message, secretTree: state.secretTree }
  }
  const sealed = sealPrivateMessage(mls, messageKeys(state), state.ownLeafIndex, framed, auth, padTo)
  return {
    message: encodeMlsMessage({ kind: "private-message", message: sealed.message }),
    secretTree: sealed.secretTree,
  }
}
