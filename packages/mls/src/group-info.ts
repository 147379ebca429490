import type { Bytes } from "@starling/kernel"
import { encode, type Reader, type Writer } from "@starling/wire"

import type { CryptoProvider } from "./crypto-provider.ts"
import { readExtensions, writeExtensions, type Extension } from "./extension.ts"
import { readGroupContext, writeGroupContext, type GroupContext } from "./group-context.ts"
import { signWithLabel, verifyWithLabel } from "./labelled-crypto.ts"

/** RFC 9420, 12.4.3, before it is signed. */
export interface GroupInfoContent {
  readonly groupContext: GroupContext
  readonly extensions: readonly Extension[]
  readonly confirmationTag: Bytes
  /** Leaf index. */
  readonly signer: number
}

export interface GroupInfo extends GroupInfoContent {
  readonly signature: Bytes
}

export function signGroupInfo(crypto: CryptoProvider, privateKey: Uint8Array, content: GroupInfoContent): GroupInfo {
  return { ...content, signature: signWithLabel(crypto, privateKey, "GroupInfoTBS", toBeSigned(content)) }
}

export function groupInfoSignatureIsValid(crypto: CryptoProvider, publicKey: Uint8Array, info: GroupInfo): boolean {
  return verifyWithLabel(crypto, publicKey, "GroupInfoTBS", toBeSigned(info), info.signature)
}

export function writeGroupInfo(writer: Writer, info: GroupInfo): void {
  writeContent(writer, info)
  writer.opaque(info.signature)
}

export function readGroupInfo(reader: Reader): GroupInfo {
  return {
    groupContext: readGroupContext(reader),
    extensions: readExtensions(reader),
    confirmationTag: reader.opaque(),
    signer: reader.uint32(),
    signature: reader.opaque(),
  }
}

function toBeSigned(content: GroupInfoContent): Bytes {
  return encode((w) => writeContent(w, content), 1024)
}

function writeContent(writer: Writer, content: GroupInfoContent): void {
  writeGroupContext(writer, content.groupContext)
  writeExtensions(writer, content.extensions)
  writer.opaque(content.confirmationTag).uint32(content.signer)
}
