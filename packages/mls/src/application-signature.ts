import type { Bytes } from "@starling/kernel"

import type { CryptoProvider } from "./crypto-provider.ts"
import { framedContentTbs, framedSignatureIsValid, WireFormat } from "./framing.ts"

/** Application data as its sender signed it, without the secrets that hid it on its way. */
export interface SignedApplication {
  readonly groupId: Bytes
  readonly epoch: bigint
  readonly leafIndex: number
  readonly authenticatedData: Bytes
  readonly data: Bytes
  /** The encoded GroupContext of the epoch (RFC 9420, 8.1), as `GroupState.contextBytes` has it. */
  readonly contextBytes: Bytes
  readonly signature: Bytes
}

/** RFC 9420, 6.1: whether the holder of this key sent the data in a PrivateMessage. Needs nothing that only members hold. */
export function applicationSignatureIsValid(
  crypto: CryptoProvider,
  publicKey: Uint8Array,
  { groupId, epoch, leafIndex, authenticatedData, data, contextBytes, signature }: SignedApplication,
): boolean {
  const content = { kind: "application", data } as const
  const framed = { groupId, epoch, sender: { kind: "member", leafIndex }, authenticatedData, content } as const
  const tbs = framedContentTbs(WireFormat.privateMessage, framed, contextBytes)
  return framedSignatureIsValid(crypto, publicKey, tbs, signature)
}
