export { addContact, addNearby, setName, setVerified } from "./contacts/contact-verbs.ts"
export { rawNameOf } from "./contacts/find-peer.ts"
export {
  accept,
  createGroup,
  decline,
  heal,
  invite,
  leave,
  markRead,
  remove,
  send,
  setPolicy,
  setRole,
  USUAL_POLICY,
} from "./group/group-verbs.ts"
export { addMailbox, removeMailbox } from "./mailbox/group-mailbox-verbs.ts"
export { mailboxLink } from "./mailbox/serve-mailbox.ts"
export { suitesOf, type Suites } from "./peer/suites.ts"
export { authenticateDevice } from "./identity/authenticate-device.ts"
export { holdsMessage, readHistory, type HistoryRange } from "./message/history-row.ts"
export type { ShownMessage } from "./message/shown-message.ts"
export { connected, disconnected, gossip, judge, published, start } from "./peer/inputs.ts"
export { eraseSuperseded } from "./peer/erase-superseded.ts"
export { createIdentity, openPeer, transportSeed, type PeerOptions } from "./peer/open-peer.ts"
export { answered, requested } from "./peer/requests.ts"
export { changeSettings, healPeriodDays, setHealPeriod } from "./peer/settings-verbs.ts"
export type { PeerState } from "./peer/state.ts"
export type {
  DeliveryCount,
  Effect,
  Env,
  Measure,
  MessageName,
  MlsOperation,
  Notification,
  Outcome,
  Refusal,
  RefusalCode,
  RequestOutcome,
  Step,
  TroubleCode,
} from "./peer/step.ts"
export { wake } from "./peer/wake.ts"
export { contactLink, contacts, nameOf, nearby, ownIdentity, safetyNumber } from "./view/contact-queries.ts"
export type { ContactView, NearbyView, SafeName } from "./view/contact-view.ts"
export { endedDeliveryOf } from "./message/sent-messages.ts"
export { deliveryOf, groupDetail, groups, invitations, timeline } from "./view/group-queries.ts"
export type {
  EpochReason,
  GapView,
  GroupDetailView,
  GroupMailboxView,
  GroupPhase,
  GroupSummaryView,
  HealPlan,
  InvitationView,
  MemberView,
  TimelineView,
} from "./view/group-view.ts"
