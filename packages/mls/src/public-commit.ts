import { malformed, ok, type Bytes, type Decoded } from "@starling/kernel"

import type { Commit } from "./commit.ts"
import type { FramedContent } from "./framing.ts"
import { decodeMlsMessage } from "./mls-message.ts"

/** A member's commit in a PublicMessage, as anybody may read it. Nothing of it is verified. */
export interface PublicCommit {
  readonly framed: FramedContent
  readonly senderLeaf: number
  readonly commit: Commit
  readonly signature: Bytes
  readonly confirmationTag: Bytes
}

export function decodePublicCommit(message: Uint8Array): Decoded<PublicCommit> {
  const decoded = decodeMlsMessage(message)
  if (decoded.kind === "malformed") return decoded
  if (decoded.value.kind !== "public-message") return malformed("an MLSMessage that is no PublicMessage")
  const { framed, auth } = decoded.value.message
  const { signature, confirmationTag } = auth
  if (framed.content.kind !== "commit" || confirmationTag === undefined) {
    return malformed("a PublicMessage that is no commit")
  }
  if (framed.sender.kind !== "member") return malformed("a commit that is not a member's")
  const senderLeaf = framed.sender.leafIndex
  return ok({ framed, senderLeaf, commit: framed.content.commit, signature, confirmationTag })
}
