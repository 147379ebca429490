import type { Bytes } from "@starling/kernel"
import type { GroupState, MlsContext } from "@starling/mls"
import { decodeMlsMessage, frameContent, signContent, WireFormat } from "@starling/mls/rfc9420"

/** A member's public commit once more, but with a false confirmation tag; none of a private one. */
export function withFalseConfirmation(mls: MlsContext, before: GroupState, commit: Bytes): Bytes | undefined {
  const decoded = decodeMlsMessage(commit)
  if (decoded.kind !== "ok" || decoded.value.kind !== "public-message") return undefined
  const { content, authenticatedData } = decoded.value.message.framed
  const signed = signContent(mls, before, WireFormat.publicMessage, content, authenticatedData)
  return frameContent(mls, before, signed, { confirmationTag: new Uint8Array(mls.crypto.suite.hashLength) }).message
}

/** A proposal that somebody sends as the member at another leaf. */
export function proposedAs(mls: MlsContext, sender: GroupState, leafIndex: number): Bytes {
  const claimed = { ...sender, ownLeafIndex: leafIndex }
  const proposal = { kind: "remove", leafIndex: sender.ownLeafIndex } as const
  const signed = signContent(mls, claimed, WireFormat.publicMessage, { kind: "proposal", proposal })
  return frameContent(mls, claimed, signed, {}).message
}

export function isPublic(message: Bytes): boolean {
  const decoded = decodeMlsMessage(message)
  return decoded.kind === "ok" && decoded.value.kind === "public-message"
}
