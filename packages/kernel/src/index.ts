export { assertNever } from "./assert-never.ts"
export type { Brand } from "./brand.ts"
export {
  compareBytes,
  concat,
  equalBytes,
  equalConstantTime,
  fromBase32,
  fromBase64url,
  fromHex,
  fromUtf8,
  toBase32,
  toBase64url,
  toHex,
  utf8,
  wipe,
  type Bytes,
} from "./bytes.ts"
export { malformed, ok, type Decoded } from "./decoded.ts"
export type { Milliseconds } from "./milliseconds.ts"
export { Recent } from "./recent.ts"
export { Secret } from "./secret.ts"
