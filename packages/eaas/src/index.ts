export {
  AuthenticationServer,
  SealRefused,
  type AuthenticationPolicy,
  type AuthenticationPorts,
  type Sealing,
  type UserChange,
} from "./authentication/authentication-server.ts"
export type { CertifiedUser, User } from "./authentication/user-register.ts"
export { localProviderIdOf, serviceIdOf } from "./binding.ts"
export { EntropyClient, type EntropyClientPorts, type Step } from "./client/entropy-client.ts"
export { EntropyClientError, type EntropyClientFault } from "./client/entropy-client-error.ts"
export { discover, DISCOVERY_PATH, exchange, HttpAuthentication, LoopbackTap, type Discovered } from "./client/http.ts"
export { PhoneTap } from "./client/phone-tap.ts"
export { discoveryOf, platformFrom, type Discovery, type LocalProviderEntry, type Platform } from "./client/platform.ts"
export type { AuthenticationApi, CertifiedDoor, ClientJournal, KeyDelivered, ProverPort, Tap } from "./client/ports.ts"
export { answerRoots, RootWitness, type RootConflict, type RootJournal } from "./client/root-witness.ts"
export { DatabaseError, type Database, type Queries, type Row, type SqlValue } from "./database.ts"
export { Refusal } from "./frames/refusals.ts"
export { LocalProvider } from "./local-provider.ts"
export { Unreachable, type Clock, type RandomPort, type ValidationApi, type Verifier } from "./ports.ts"
export { KEY_SIZES, MAX_EPOCH_BYTES, MAX_FRAME_BYTES, type KeySize } from "./protocol.ts"
export { SigningKey } from "./signing.ts"
export {
  ProofValidationServer,
  type RequestOutcome,
  type ValidationPorts,
} from "./validation/proof-validation-server.ts"
