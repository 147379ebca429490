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
import { sealPrivateMessage, type MessageKeys } from "./private-message.ts"
import { membershipTag } from "./public-message.ts"
import type { SecretTree } from "./secret-tree.ts"

/** Content with its signature (RFC 9420, 6.1). */
export interface SignedContent {
  readonly wireFormat: FramedWireFormat
  readonly framed: FramedContent
  readonly signature: Bytes
  readonly tbs: Bytes
}

/** Bytes that a PrivateMessage's plaintext is padded to a multiple of, so that lengths say little (RFC 9420, 6.3.1). */
export const DEFAULT_PADDING = 256

/** Content of this member. */
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
  return signFramed(mls, wireFormat, framed, state.contextBytes, state.signatureKeys.privateKey)
}

/** Content of whoever `framed` names; `contextBytes` is the encoded GroupContext of its epoch. */
export function signFramed(
  { crypto }: MlsContext,
  wireFormat: FramedWireFormat,
  framed: FramedContent,
  contextBytes: Uint8Array,
  signaturePrivateKey: Uint8Array,
): SignedContent {
  const tbs = framedContentTbs(wireFormat, framed, contextBytes)
  return { wireFormat, framed, signature: signFramedContent(crypto, signaturePrivateKey, tbs), tbs }
}

/** MLSMessage(PublicMessage) of one who is no member. */
export function frameFromOutside({ framed, signature }: SignedContent, confirmationTag: Bytes | undefined): Bytes {
  const auth = { signature, confirmationTag }
  return encodeMlsMessage({ kind: "public-message", message: { framed, auth, membershipTag: undefined } })
}

/** What it takes to send into an epoch. */
export interface SendingKeys extends MessageKeys {
  readonly membershipKey: Uint8Array
}

export interface Framing {
  /** Of a commit, and of nothing else. */
  readonly confirmationTag?: Bytes | undefined
  /** A PrivateMessage's plaintext is padded to a multiple of this many bytes; 256 unless given. */
  readonly padTo?: number | undefined
}

/** The MLSMessage, and the secret tree that is left after it. */
export function frameContent(
  mls: MlsContext,
  state: GroupState,
  signed: SignedContent,
  framing: Framing,
): { readonly message: Bytes; readonly secretTree: SecretTree } {
  return frameSignedContent(mls, { ...messageKeys(state), membershipKey: state.keys.membership }, signed, framing)
}

export function frameSignedContent(
  mls: MlsContext,
  keys: SendingKeys,
  { wireFormat, framed, signature, tbs }: SignedContent,
  { confirmationTag, padTo = DEFAULT_PADDING }: Framing,
): { readonly message: Bytes; readonly secretTree: SecretTree } {
  if (!Number.isSafeInteger(padTo) || padTo < 1)
    throw new RangeError(`padTo is a number of bytes from 1 on, not ${padTo}`)
  const auth: FramedContentAuth = { signature, confirmationTag }
  if (wireFormat === WireFormat.publicMessage) {
    const tag = membershipTag(mls.crypto, keys.membershipKey, tbs, auth)
    const message = encodeMlsMessage({ kind: "public-message", message: { framed, auth, membershipTag: tag } })
    return { message, secretTree: keys.secretTree }
  }
  const sealed = sealPrivateMessage(mls, keys, framed, auth, padTo)
  return {
    message: encodeMlsMessage({ kind: "private-message", message: sealed.message }),
    secretTree: sealed.secretTree,
  }
}
