export type { CiphersuiteId } from "../ciphersuite.ts"
export { nodeCrypto, type NodeCryptoOptions } from "./provider.ts"
