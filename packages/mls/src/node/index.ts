export type { CiphersuiteId } from "../ciphersuite.ts"
export { nodeCrypto } from "./provider.ts"
