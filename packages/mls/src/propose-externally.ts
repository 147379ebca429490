import type { Bytes } from "@starling/kernel"

import type { MlsContext } from "./context.ts"
import type { SignatureKeyPair } from "./crypto-provider.ts"
import { frameFromOutside, signFramed } from "./frame-content.ts"
import { proposalReference, WireFormat, type Sender } from "./framing.ts"
import type { OwnKeyPackage } from "./own-key-package.ts"
import { proposalOf, type ProposalIntent } from "./proposal-intent.ts"
import type { Proposal } from "./proposal.ts"

/** Where a proposal from outside goes. */
export interface ProposalAddress {
  readonly groupId: Uint8Array
  /** That the group is in; a proposal counts in no other. */
  readonly epoch: bigint
  readonly signatureKeys: SignatureKeyPair
  readonly authenticatedData?: Uint8Array
}

export interface ExternalProposal extends ProposalAddress {
  /** Of the sender in the group's `external_senders` (RFC 9420, 12.1.8.1), which name its public key. */
  readonly senderIndex: number
  readonly intent: ProposalIntent
}

export interface JoinProposal extends ProposalAddress {
  readonly keyPackage: OwnKeyPackage
}

export interface ProposedFromOutside {
  /** MLSMessage(PublicMessage), for all members. */
  readonly message: Bytes
  /** RFC 9420, 5.2. */
  readonly reference: Bytes
}

/** RFC 9420, 12.1.8: a proposal by one whom the group lets propose. Nothing of the group is known here, nor verified. */
export function proposeExternally(mls: MlsContext, options: ExternalProposal): ProposedFromOutside {
  const { senderIndex, intent } = options
  return send(mls, options, { kind: "external", senderIndex }, proposalOf(mls, intent))
}

/** RFC 9420, 12.1.8: a client's proposal that it be added itself. Who commits it sends the Welcome. */
export function proposeToJoin(mls: MlsContext, options: JoinProposal): ProposedFromOutside {
  const { keyPackage } = options.keyPackage
  return send(mls, options, { kind: "new-member-proposal" }, { kind: "add", keyPackage })
}

function send(mls: MlsContext, to: ProposalAddress, sender: Sender, proposal: Proposal): ProposedFromOutside {
  const framed = {
    groupId: new Uint8Array(to.groupId),
    epoch: to.epoch,
    sender,
    authenticatedData: new Uint8Array(to.authenticatedData ?? []),
    content: { kind: "proposal", proposal },
  } as const
  const wireFormat = WireFormat.publicMessage
  // RFC 9420, 6.1: what comes from outside is signed without the GroupContext.
  const signed = signFramed(mls, wireFormat, framed, new Uint8Array(0), to.signatureKeys.privateKey)
  const auth = { signature: signed.signature, confirmationTag: undefined }
  return {
    message: frameFromOutside(signed, undefined),
    reference: proposalReference(mls.crypto, { wireFormat, framed, auth }),
  }
}
