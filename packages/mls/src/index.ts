export type { Capabilities, RequiredCapabilities } from "./capabilities.ts"
export type { Ciphersuite, CiphersuiteId } from "./ciphersuite.ts"
export type { AuthenticationService, MlsContext, RandomSource } from "./context.ts"
export { createCommit, type CreatedCommit, type NewCommit, type ProposalIntent } from "./create-commit.ts"
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
export { eraseReplaced } from "./erase.ts"
export { exportSecret, members, resumptionPsk, type GroupState, type Member } from "./group-state.ts"
export { join, welcomeReferences, type Joined, type Joining } from "./join.ts"
export type { KeyPackage } from "./key-package.ts"
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
export type { Proposal } from "./proposal.ts"
export { protect, type ProtectOptions } from "./protect.ts"
export { publicCommitHeader, type PublicCommitHeader } from "./public-commit-header.ts"
export { confirmedTranscriptHashAfter, type TranscriptBefore } from "./public-transcript.ts"
export type { ReceivedCommit, SelfRemoved } from "./receive-commit.ts"
export {
  receive,
  type Received,
  type ReceivedApplication,
  type ReceivedProposal,
  type ReceiveOptions,
} from "./receive.ts"
export type { RefusalReason, Refused } from "./refusal.ts"
export { generateSignatureKeyPair } from "./signature-keys.ts"
export { decodeState, encodeState } from "./state-bytes.ts"
export { changedParts, stateOfParts, type StatePart } from "./state-parts.ts"
