export { nobleCrypto } from "./provider.ts"
