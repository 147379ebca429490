export { contextOf, localProviderIdOf, scopeOf, serviceIdOf } from "../binding.ts"
export {
  decodeClientState,
  encodeClientState,
  type ClientState,
  type Membership,
  type PendingRequest,
} from "../client/client-state.ts"
export { EnrolmentCode } from "../enrolment-code.ts"
export { openKey, sealKey, unseal, type DeliveryBinding, type SealedKey } from "../sealed-key.ts"
export {
  decodeEpochProposal,
  decodeEpochVerdict,
  encodeEpochProposal,
  encodeEpochVerdict,
  type EpochProposal,
} from "./epoch-proposal.ts"
export {
  decodeForwardedRequest,
  decodeKeyRequest,
  encodeForwardedRequest,
  encodeForwardStatement,
  encodeKeyRequest,
} from "./key-request.ts"
export {
  decodeKeyResponse,
  encodeAnswerStatement,
  encodeKeyResponse,
  encodeRefusalStatement,
  type KeyResponse,
} from "./key-response.ts"
export { decodeLeafList, encodeLeafList } from "./leaf-list.ts"
export {
  decodeCertifiedRegistration,
  decodeRegistration,
  decodeRegistrationAnswer,
  encodeCertifiedRegistration,
  encodeReceiptStatement,
  encodeRegistration,
  encodeRegistrationAnswer,
} from "./registration.ts"
export {
  decodeSealedEpoch,
  encodeEpochStatement,
  encodeSealedEpoch,
  type EpochStatement,
  type SealedEpoch,
} from "./sealed-epoch.ts"
export { decodeSignedRoots, encodeSignedRoots, type PlatformRoots } from "./signed-roots.ts"
