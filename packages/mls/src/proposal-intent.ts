import { assertNever } from "@starling/kernel"

import { MLS10 } from "./capabilities.ts"
import type { MlsContext } from "./context.ts"
import { draw } from "./draw.ts"
import { requireDistinctTypes, type Extension } from "./extension.ts"
import type { KeyPackage } from "./key-package.ts"
import type { PskReference } from "./pre-shared-key.ts"
import type { Proposal } from "./proposal.ts"

/** A change that somebody wants, whoever it is: in a commit, or in a proposal by itself. */
export type ProposalIntent =
  | { readonly kind: "add"; readonly keyPackage: KeyPackage }
  | { readonly kind: "remove"; readonly leafIndex: number }
  | { readonly kind: "psk"; readonly psk: PskReference }
  | {
      readonly kind: "reinit"
      /** Never used before. */
      readonly groupId: Uint8Array
      /** 1 unless given, as there is no other. */
      readonly version?: number
      readonly ciphersuite: number
      /** Of the new GroupContext; none unless given. */
      readonly extensions?: readonly Extension[]
    }
  | { readonly kind: "group-context-extensions"; readonly extensions: readonly Extension[] }

/** The proposal, with a fresh nonce where it needs one (RFC 9420, 8.4). */
export function proposalOf(mls: MlsContext, intent: ProposalIntent): Proposal {
  switch (intent.kind) {
    case "add":
    case "remove":
      return intent
    case "group-context-extensions":
      requireDistinctTypes(intent.extensions)
      return intent
    case "psk": {
      const nonce = draw(mls, mls.crypto.suite.hashLength, "pre-shared key nonce")
      return { kind: "psk", id: { ...intent.psk, nonce } }
    }
    case "reinit": {
      const { version = MLS10, ciphersuite, extensions = [] } = intent
      requireDistinctTypes(extensions)
      return { kind: "reinit", groupId: new Uint8Array(intent.groupId), version, ciphersuite, extensions }
    }
    default:
      return assertNever(intent)
  }
}
