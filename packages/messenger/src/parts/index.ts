/** The pure parts that peers are made of: codecs and decisions, for tools and tests. */
export { decodeContactLink, encodeContactLink, parseContactLink, type ContactLink } from "../contacts/contact-link.ts"
export { decodeHello, encodeHello, type Hello } from "../contacts/hello-frame.ts"
export { isName } from "../contacts/name.ts"
export { safeName } from "../contacts/safe-name.ts"
export { bearerOf, bearersOf, firstBearers, withClaim, withConsent, type Bearers } from "../group/bearers.ts"
export { causalPasts, depthOf, precedes, type CausalPasts } from "../group/causal-past.ts"
export { chooseTip, drawOf, rank, type Choice } from "../group/choose-commit.ts"
export { decodeEnvelope, openEnvelope, sealEnvelope } from "../group/envelope.ts"
export { eraOf, type Era } from "../group/era.ts"
export type { Forest, ForestNode } from "../group/forest-node.ts"
export { withJoined } from "../invitation/join-group.ts"
export type { Group } from "../group/group.ts"
export {
  decodeFounding,
  decodeJoining,
  encodeFounding,
  encodeJoining,
  FOUNDING_EXTENSION,
  JOINING_EXTENSION,
  type Founding,
} from "../group/group-extensions.ts"
export type { Testimony } from "../group/testimony.ts"
export { calendarOrder, plannedHeal, stretched, type Calendar } from "../group/heal-calendar.ts"
export { resolveMembership, type KnownOperation, type Operations } from "../group/membership.ts"
export {
  certifyDevice,
  decodeCertificate,
  describeDevice,
  encodeCertificate,
  readDevice,
  type Device,
  type DeviceCertificate,
} from "../identity/device-certificate.ts"
export { hasTransportConsent, signTransportConsent } from "../identity/transport-consent.ts"
export { identityId, type IdentityId } from "../identity/identity-id.ts"
export { peerIdOf } from "../identity/peer-id.ts"
export { computeSafetyNumber } from "../identity/safety-number.ts"
export { decodeInvitation, encodeInvitation } from "../invitation/invitation-frame.ts"
export {
  decodeKeyPackageAnswer,
  decodeKeyPackageRequest,
  encodeKeyPackageAnswer,
  encodeKeyPackageRequest,
} from "../invitation/key-package-frames.ts"
export {
  decodeStockAnswer,
  decodeStockRequest,
  encodeStockAnswer,
  encodeStockRequest,
} from "../invitation/stock-frames.ts"
export {
  decodeWelcomesAnswer,
  decodeWelcomesRequest,
  encodeWelcomesAnswer,
  encodeWelcomesRequest,
} from "../invitation/welcome-frames.ts"
export {
  decodeFetchAnswer,
  decodeMailboxRequest,
  decodePutAnswer,
  encodeFetchAnswer,
  encodeMailboxRequest,
  encodePutAnswer,
  type MailboxRequest,
} from "../mailbox/mailbox-frames.ts"
export { decodeReceiptNote, signReceiptNote, type ReceiptNote } from "../mailbox/receipt-note.ts"
export { decodeMailboxLink, encodeMailboxLink, parseMailboxLink, type MailboxLink } from "../mailbox/mailbox-link.ts"
export { decodeContent, encodeContent, messageId } from "../message/content.ts"
export { readNumbered, signedMessage } from "../message/numbered.ts"
export { decodeSealedMessage, encodeSealedMessage, messageAuthenticatedData } from "../message/sealed-message.ts"
export { addSeq, countParts, hasSeq, joinSets, missingFrom, partOf, sharedBy, type SeqSet } from "../message/seq-set.ts"
export { decodeAnswer, okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
export { commitAuthenticatedData, decodeCommitRecord, encodeCommitRecord } from "../record/commit-record.ts"
export { decodeOperation, encodeOperation, EQUALS, type Change, type Policy, type Role } from "../record/operation.ts"
export { decodeRecord, FIRST_PREV, signRecord, verifyRecord, type LoggedRecord } from "../record/record.ts"
export { decodeMailboxRecord, encodeMailboxRecord } from "../record/mailbox-record.ts"
export type { GroupMailbox } from "../mailbox/group-mailbox.ts"
export { decodeTestimony, encodeTestimony } from "../record/testimony-record.ts"
export { headOf, isForked, judgeRecord, looseIn, roomIn } from "../record/record-log.ts"
export { byPeerId } from "../sync/partners.ts"
export { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer, encodeSyncRequest } from "../sync/sync-frames.ts"
