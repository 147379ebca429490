/** The RFC's own functions and structs, for test vectors and for tools that look inside; no stable interface. */
export { applyProposals } from "./apply-proposals.ts"
export { readCapabilities, writeCapabilities } from "./capabilities.ts"
export { readCommit, writeCommit } from "./commit.ts"
export { frameSignedContent } from "./frame-content.ts"
export {
  framedContentTbs,
  framedSignatureIsValid,
  signFramedContent,
  readAuthenticatedContent,
  WireFormat,
  writeAuthenticatedContent,
  writeContent,
  readContent,
} from "./framing.ts"
export { encodeGroupContext, readGroupContext } from "./group-context.ts"
export { groupInfoSignatureIsValid, readGroupInfo } from "./group-info.ts"
export { startEpoch } from "./group-state.ts"
export { keyPackageReference } from "./key-package.ts"
export { leafSignatureIsValid, readLeafNode } from "./leaf-node.ts"
export {
  deriveEpochSecrets,
  deriveJoinerSecret,
  deriveWelcomeSecret,
  epochSecretsOf,
  mlsExporter,
} from "./key-schedule.ts"
export {
  decryptWithLabel,
  deriveSecret,
  deriveTreeSecret,
  encryptWithLabel,
  expandWithLabel,
  refHash,
  signWithLabel,
  verifyWithLabel,
} from "./labelled-crypto.ts"
export { decodeMlsMessage, encodeMlsMessage } from "./mls-message.ts"
export { parentHashesAreValid } from "./parent-hash.ts"
export { derivePskSecret } from "./pre-shared-key.ts"
export { openPrivateMessage, senderDataKey } from "./private-message.ts"
export { sortMemberProposals } from "./proposal-list.ts"
export { readProposal, writeProposal } from "./proposal.ts"
export { membershipTagIsValid } from "./public-message.ts"
export { encodeRatchetTree, readRatchetTree, writeRatchetTree } from "./ratchet-tree-bytes.ts"
export {
  addLeaf,
  leafAt,
  leafCount,
  leaves,
  removeLeaf,
  resolution,
  subtreeAt,
  treeOf,
  type RatchetTree,
  updateLeaf,
} from "./ratchet-tree.ts"
export { orRefused } from "./refusal.ts"
export { secretTree, takeKey } from "./secret-tree.ts"
export { confirmedTranscriptHash, interimTranscriptHash } from "./transcript.ts"
export { treeHash } from "./tree-hash.ts"
export * as treeMath from "./tree-math.ts"
export { unmergedLeavesAreValid, validateTree } from "./tree-validation.ts"
export { createPath, mergePath, openPath } from "./treekem.ts"
export { readUpdatePath, writeUpdatePath } from "./update-path.ts"
export { readGroupSecrets, welcomeKey, writeGroupSecrets } from "./welcome.ts"
