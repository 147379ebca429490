export { applicationSignatureIsValid, type SignedApplication } from "./application-signature.ts"
export { requiredCapabilitiesExtension, type Capabilities, type RequiredCapabilities } from "./capabilities.ts"
export type { Ciphersuite, CiphersuiteId } from "./ciphersuite.ts"
export type { AuthenticationService, MlsContext, RandomSource } from "./context.ts"
export type { CommitReport } from "./commit-report.ts"
export { createCommit, type CreatedCommit, type NewCommit } from "./create-commit.ts"
export { createGroupInfo, ratchetTreeOf, type NewGroupInfo } from "./create-group-info.ts"
export { createGroup, type NewGroup } from "./create-group.ts"
export type { Credential } from "./credential.ts"
export type {
  Aead,
  CryptoProvider,
  HpkeCiphertext,
  Kdf,
  Kem,
  KeyPair,
  Signature,
  SignatureKeyPair,
} from "./crypto-provider.ts"
export { ExtensionType, type Extension } from "./extension.ts"
export { advanced, receiveInEpochs, type Epochs, type EpochsOptions } from "./epochs.ts"
export { eraseReplaced } from "./erase.ts"
export { readGroupContext, type GroupContext } from "./group-context.ts"
export { externalSenders, externalSendersExtension, type ExternalSender } from "./external-senders.ts"
export type { FormerGroup, GroupLink } from "./former-group.ts"
export {
  exportSecret,
  members,
  resumptionPsk,
  type GroupState,
  type Member,
  type PendingProposal,
  type RetainedState,
} from "./group-state.ts"
export { join, welcomeReferences, type Joined, type Joining } from "./join.ts"
export { joinExternally, type ExternalJoining, type JoinedExternally } from "./join-externally.ts"
export { keyPackageReference, keyPackageSignatureIsValid, type KeyPackage } from "./key-package.ts"
export type { LeafChange, NewLeaf } from "./leaf-profile.ts"
export type { RatchetLimits } from "./limits.ts"
export type { LeafNode, LeafNodeSource, Lifetime } from "./leaf-node.ts"
export {
  createKeyPackage,
  decodeOwnKeyPackage,
  encodeOwnKeyPackage,
  readKeyPackage,
  type NewKeyPackage,
  type OwnKeyPackage,
} from "./own-key-package.ts"
export type { PskReference, PskSource } from "./pre-shared-key.ts"
export type { ProposalIntent } from "./proposal-intent.ts"
export type { Proposal } from "./proposal.ts"
export { propose, type OwnProposal, type Proposed, type ProposeOptions } from "./propose.ts"
export {
  proposeExternally,
  proposeToJoin,
  type ExternalProposal,
  type JoinProposal,
  type ProposedFromOutside,
} from "./propose-externally.ts"
export { protect, type ProtectOptions } from "./protect.ts"
export { publicCommitHeader, type PublicCommitHeader } from "./public-commit-header.ts"
export type { Proposer } from "./public-author.ts"
export { confirmedTranscriptHashAfter, interimTranscriptHashAfter, type TranscriptBefore } from "./public-transcript.ts"
export type { ReceivedCommit, SelfRemoved } from "./receive-commit.ts"
export {
  receive,
  receiveCommitLate,
  type Received,
  type ReceivedApplication,
  type ReceivedProposal,
  type ReceiveOptions,
} from "./receive.ts"
export type { RefusalReason, Refused } from "./refusal.ts"
export { scrub } from "./scrub.ts"
export type { LeftOut } from "./select-proposals.ts"
export { generateSignatureKeyPair } from "./signature-keys.ts"
export { decodeState, encodeState } from "./state-bytes.ts"
export { changedParts, isWhole, partNames, stateOfParts, type StatePart, type StoredState } from "./state-parts.ts"
export { branch, reinitialise, type Branching, type Reinitialising, type Subgroup } from "./subgroup.ts"
