import { sha256 } from "@noble/hashes/sha2.js"
import { fromHex, type Bytes } from "@starling/kernel"
import { circuitId, FieldElement } from "@starling/proof"
import { encode } from "@starling/wire"
import { writeHead } from "./frames/head.ts"
import { LOCAL_PROVIDER_ID_BYTES, SUITE, type KeySize } from "./protocol.ts"

export function digest(bytes: Uint8Array): Bytes {
  return new Uint8Array(sha256(bytes))
}

/** Names a platform by the keys that speak for it: who knows the id can't be given other keys. */
export function serviceIdOf(authenticationKey: Uint8Array, validationKey: Uint8Array): Bytes {
  return digest(encode((w) => writeHead(w, "service").fixed(authenticationKey).fixed(validationKey)))
}

/** Names a Local Provider by the key that it signs what it forwards with. */
export function localProviderIdOf(publicKey: Uint8Array): Bytes {
  return digest(encode((w) => writeHead(w, "local provider").fixed(publicKey))).slice(0, LOCAL_PROVIDER_ID_BYTES)
}

/**
 * What nullifiers count in: one quota per user and epoch. Sealing an epoch anew keeps the scope, so that it gives
 * nobody a second quota.
 */
export function scopeOf(service: Uint8Array, epoch: number): FieldElement {
  return FieldElement.fromDigest(digest(encode((w) => writeHead(w, "scope").fixed(service).uint32(epoch))))
}

export interface RequestBinding {
  readonly service: Uint8Array
  readonly localProvider: Uint8Array
  readonly epoch: number
  readonly revision: number
  /** Of that epoch and revision. */
  readonly nonce: Uint8Array
  readonly keySize: KeySize
  readonly kemPublicKey: Uint8Array
}

/** What a proof is for, besides membership: change any of these and the proof is void. */
export function contextOf(binding: RequestBinding): FieldElement {
  return FieldElement.fromDigest(
    digest(
      encode((w) =>
        writeHead(w, "context")
          .uint16(SUITE)
          .fixed(binding.service)
          .fixed(binding.localProvider)
          .uint32(binding.epoch)
          .uint16(binding.revision)
          .fixed(binding.nonce)
          .uint16(binding.keySize)
          .fixed(binding.kemPublicKey),
      ),
    ),
  )
}

/** The circuit's id as epochs carry it. */
export function circuitBytes(): Bytes {
  const bytes = fromHex(circuitId)
  if (bytes === undefined) throw new TypeError("the circuit's id is not hexadecimal")
  return bytes
}
