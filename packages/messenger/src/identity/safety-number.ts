import { compareBytes, concat, utf8, type Bytes } from "@starling/kernel"
import type { CryptoProvider } from "@starling/mls"

import { identityBytes, type IdentityId } from "./identity-id.ts"

const LABEL = utf8("starling safety number 1")
/** Makes a second preimage of a 30-digit half cost this much more. */
const ROUNDS = 5200

/** 12 groups of 5 digits, the same for both people: each gives one half, the smaller identity first. */
export function computeSafetyNumber(crypto: CryptoProvider, one: IdentityId, other: IdentityId): string {
  const [first, second] = [identityBytes(one), identityBytes(other)].sort(compareBytes)
  if (first === undefined || second === undefined) throw new RangeError("two identities make a safety number")
  return [...half(crypto, first), ...half(crypto, second)].join(" ")
}

function half(crypto: CryptoProvider, identity: Bytes): string[] {
  let digest = crypto.hash(concat(LABEL, identity))
  for (let i = 1; i < ROUNDS; i++) digest = crypto.hash(concat(digest, identity))
  const view = new DataView(digest.buffer)
  return Array.from({ length: 6 }, (_, i) => {
    const fiveBytes = view.getUint8(5 * i) * 2 ** 32 + view.getUint32(5 * i + 1)
    return String(fiveBytes % 100_000).padStart(5, "0")
  })
}
