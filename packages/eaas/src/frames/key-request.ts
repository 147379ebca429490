import type { Bytes, Decoded } from "@starling/kernel"
import { PROOF_BYTES, type FieldElement, type Proof } from "@starling/proof"
import { decode, encode } from "@starling/wire"
import {
  isKeySize,
  LOCAL_PROVIDER_ID_BYTES,
  MAX_FRAME_BYTES,
  SERVICE_ID_BYTES,
  SIGNATURE_BYTES,
  SUITE,
  type KeySize,
} from "../protocol.ts"
import { readField, writeField } from "./field.ts"
import { readHead, writeHead } from "./head.ts"

export const KEM_PUBLIC_KEY_BYTES = 1216

/**
 * From the user, through the Local Provider, to the PVS. Root, scope and context are not in it: the PVS computes them
 * from what it sealed itself. All requests have one length.
 */
export interface KeyRequest {
  readonly service: Bytes
  readonly localProvider: Bytes
  readonly epoch: number
  readonly revision: number
  readonly keySize: KeySize
  readonly nullifier: FieldElement
  readonly kemPublicKey: Bytes
  readonly proof: Proof
}

/** From the Local Provider to the PVS: the request as it came, and who forwards it. */
export interface ForwardedRequest {
  readonly localProvider: Bytes
  readonly request: Bytes
  readonly signature: Bytes
}

export function encodeKeyRequest(request: KeyRequest): Bytes {
  return encode((w) => {
    writeHead(w, "key request").uint16(SUITE).fixed(request.service).fixed(request.localProvider)
    w.uint32(request.epoch).uint16(request.revision).uint16(request.keySize)
    writeField(w, request.nullifier).fixed(request.kemPublicKey).fixed(request.proof)
  }, 2048)
}

export function decodeKeyRequest(bytes: Uint8Array): Decoded<KeyRequest> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "key request")
      if (r.uint16() !== SUITE) r.fail("an unknown suite")
      const address = { service: r.fixed(SERVICE_ID_BYTES), localProvider: r.fixed(LOCAL_PROVIDER_ID_BYTES) }
      const seal = { epoch: r.uint32(), revision: r.uint16() }
      const size = r.uint16()
      const keySize = isKeySize(size) ? size : r.fail(`a key of ${size} bytes`)
      const nullifier = readField(r)
      return {
        ...address,
        ...seal,
        keySize,
        nullifier,
        kemPublicKey: r.fixed(KEM_PUBLIC_KEY_BYTES),
        proof: r.fixed(PROOF_BYTES),
      }
    },
    MAX_FRAME_BYTES,
  )
}

/** The bytes that the Local Provider signs. */
export function encodeForwardStatement(localProvider: Uint8Array, request: Uint8Array): Bytes {
  return encode((w) => writeHead(w, "forwarded request").fixed(localProvider).opaque(request), request.length + 128)
}

export function encodeForwardedRequest(forwarded: ForwardedRequest): Bytes {
  return encode(
    (w) => w.fixed(encodeForwardStatement(forwarded.localProvider, forwarded.request)).fixed(forwarded.signature),
    2048,
  )
}

export function decodeForwardedRequest(bytes: Uint8Array): Decoded<ForwardedRequest> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "forwarded request")
      return {
        localProvider: r.fixed(LOCAL_PROVIDER_ID_BYTES),
        request: r.opaque(MAX_FRAME_BYTES),
        signature: r.fixed(SIGNATURE_BYTES),
      }
    },
    MAX_FRAME_BYTES,
  )
}
