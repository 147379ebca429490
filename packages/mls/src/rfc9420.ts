/** The RFC's own functions and structs, for test vectors and for tools that look inside; no stable interface. */
export { createWelcome } from "./create-welcome.ts"
export { readCommit, writeCommit, type Commit, type ProposalOrRef } from "./commit.ts"
export { frameContent, frameFromOutside, frameSignedContent, signContent, signFramed } from "./frame-content.ts"
export {
  framedContentTbs,
  framedSignatureIsValid,
  proposalReference,
  signFramedContent,
  readAuthenticatedContent,
  WireFormat,
  writeContent,
  readContent,
} from "./framing.ts"
export { encodeGroupContext } from "./group-context.ts"
export { startEpoch } from "./group-state.ts"
export { hpkeOpen, hpkeSeal } from "./hpke.ts"
export { groupInfoSignatureIsValid, readGroupInfo } from "./group-info.ts"
export { keyPackageReference, signKeyPackage, type KeyPackageContent } from "./key-package.ts"
export { leafSignatureIsValid, readLeafNode, signLeafNode, type LeafNode, type LeafNodeContent } from "./leaf-node.ts"
export { deriveEpochSecrets, deriveJoinerSecret, deriveWelcomeSecret, mlsExporter } from "./key-schedule.ts"
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
export { KeyIndex, keyHash } from "./key-index.ts"
export { parentHash, parentHashesAreValid } from "./parent-hash.ts"
export { encodeParentNode, type ParentNode } from "./parent-node.ts"
export { derivePskSecret, type PreSharedKeyId } from "./pre-shared-key.ts"
export { openPrivateMessage, senderDataKey } from "./private-message.ts"
export { readProposal, writeProposal } from "./proposal.ts"
export { membershipTagIsValid } from "./public-message.ts"
export { encodeRatchetTree, readRatchetTree, writeRatchetTree } from "./ratchet-tree-bytes.ts"
export {
  addLeaf,
  hasEncryptionKey,
  isLeafNode,
  leafAt,
  leafCount,
  leaves,
  removeLeaf,
  resolution,
  slotsInOrder,
  subtreeAt,
  treeOf,
  treeOfEncoded,
  type RatchetTree,
  updateLeaf,
} from "./ratchet-tree.ts"
export { secretTree, takeKey } from "./secret-tree.ts"
export { Branch, LeafSlot, type Subtree } from "./subtree.ts"
export { confirmedTranscriptHash, interimTranscriptHash } from "./transcript.ts"
export { treeHash } from "./tree-hash.ts"
export * as treeMath from "./tree-math.ts"
export { unmergedLeavesAreValid } from "./tree-validation.ts"
export { createPath, mergePath, openPath } from "./treekem.ts"
export { readUpdatePath } from "./update-path.ts"
export { readGroupSecrets, welcomeKey, writeGroupSecrets } from "./welcome.ts"
