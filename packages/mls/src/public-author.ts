import { assertNever, type Bytes } from "@starling/kernel"

import type { Credential } from "./credential.ts"
import { externalSenders, type ExternalSender } from "./external-senders.ts"
import type { FramedContent } from "./framing.ts"
import { memberOf, type Member, type RetainedState } from "./group-state.ts"
import { leafAt } from "./ratchet-tree.ts"
import { refuse } from "./refusal.ts"

/** Who proposed something: a member, somebody whom the group lets propose, or a client that asks to be added. */
export type Proposer =
  | ({ readonly kind: "member" } & Member)
  | ({ readonly kind: "external"; readonly senderIndex: number } & ExternalSender)
  | { readonly kind: "new-member"; readonly credential: Credential; readonly signatureKey: Bytes }

/** RFC 9420, 6.1: who must have signed content in a PublicMessage; `joiner` commits itself in. */
export type Author = Proposer | { readonly kind: "joiner"; readonly signatureKey: Bytes }

export function authorOf(
  state: Pick<RetainedState, "tree" | "extensions">,
  { sender, content }: FramedContent,
): Author {
  switch (sender.kind) {
    case "member": {
      const leaf = leafAt(state.tree, sender.leafIndex) ?? refuse("unknown-sender", "6.2")
      return { kind: "member", ...memberOf(sender.leafIndex, leaf) }
    }
    case "external": {
      if (content.kind !== "proposal") return refuse("sender-type-not-allowed", "6.1")
      const { kind } = content.proposal
      if (kind === "update" || kind === "external-init") refuse("sender-type-not-allowed", "12.1.8")
      const named =
        externalSenders(state.extensions)[sender.senderIndex] ?? refuse("unknown-external-sender", "12.1.8.1")
      return { kind: "external", senderIndex: sender.senderIndex, ...named }
    }
    case "new-member-proposal": {
      if (content.kind !== "proposal" || content.proposal.kind !== "add")
        return refuse("sender-type-not-allowed", "6.1")
      const { credential, signatureKey } = content.proposal.keyPackage.leafNode
      return { kind: "new-member", credential, signatureKey }
    }
    case "new-member-commit": {
      if (content.kind !== "commit") return refuse("sender-type-not-allowed", "6.1")
      const { path } = content.commit
      if (path === undefined) return refuse("path-required", "12.4.3.2")
      return { kind: "joiner", signatureKey: path.leafNode.signatureKey }
    }
    default:
      return assertNever(sender)
  }
}
