import type { Bytes, Decoded } from "@starling/kernel"
import type { FieldElement } from "@starling/proof"
import { decode, encode } from "@starling/wire"
import { ENROLMENT_SECRET_BYTES } from "../enrolment-code.ts"
import { MAX_FRAME_BYTES, SERVICE_ID_BYTES, SIGNATURE_BYTES } from "../protocol.ts"
import { readField, writeField } from "./field.ts"
import { readHead, startsAs, writeHead } from "./head.ts"
import { Refusal } from "./refusals.ts"

export interface Registration {
  readonly service: Bytes
  /** The secret part of the one-time enrolment code. */
  readonly enrolment: Bytes
  readonly commitment: FieldElement
}

/** What a user sends on a connection that the user's certificate opened: who it is, the connection says. */
export interface CertifiedRegistration {
  readonly service: Bytes
  readonly commitment: FieldElement
}

export interface ReceiptStatement {
  readonly service: Bytes
  readonly commitment: FieldElement
  /** Requests per epoch; part of the leaf. */
  readonly quota: number
}

export type RegistrationAnswer =
  | ({ readonly kind: "registered"; readonly signature: Bytes } & ReceiptStatement)
  | { readonly kind: "refused"; readonly reason: Refusal }

export function encodeRegistration(registration: Registration): Bytes {
  return encode((w) =>
    writeField(
      writeHead(w, "registration").fixed(registration.service).fixed(registration.enrolment),
      registration.commitment,
    ),
  )
}

export function decodeRegistration(bytes: Uint8Array): Decoded<Registration> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "registration")
      return {
        service: r.fixed(SERVICE_ID_BYTES),
        enrolment: r.fixed(ENROLMENT_SECRET_BYTES),
        commitment: readField(r),
      }
    },
    MAX_FRAME_BYTES,
  )
}

export function encodeCertifiedRegistration({ service, commitment }: CertifiedRegistration): Bytes {
  return encode((w) => writeField(writeHead(w, "certified registration").fixed(service), commitment))
}

export function decodeCertifiedRegistration(bytes: Uint8Array): Decoded<CertifiedRegistration> {
  return decode(
    bytes,
    (r) => {
      readHead(r, "certified registration")
      return { service: r.fixed(SERVICE_ID_BYTES), commitment: readField(r) }
    },
    MAX_FRAME_BYTES,
  )
}

/** The bytes that the AS signs. */
export function encodeReceiptStatement(receipt: ReceiptStatement): Bytes {
  return encode((w) =>
    writeField(writeHead(w, "registration receipt").fixed(receipt.service), receipt.commitment).uint16(receipt.quota),
  )
}

export function encodeRegistrationAnswer(answer: RegistrationAnswer): Bytes {
  return answer.kind === "registered"
    ? encode((w) => w.fixed(encodeReceiptStatement(answer)).fixed(answer.signature))
    : encode((w) => writeHead(w, "registration refusal").uint16(Refusal.code(answer.reason)))
}

export function decodeRegistrationAnswer(bytes: Uint8Array): Decoded<RegistrationAnswer> {
  return decode<RegistrationAnswer>(
    bytes,
    (r) => {
      if (startsAs(bytes, "registration refusal")) {
        readHead(r, "registration refusal")
        return { kind: "refused", reason: Refusal.fromCode(r.uint16()) ?? r.fail("an unknown refusal") }
      }
      readHead(r, "registration receipt")
      const receipt = { service: r.fixed(SERVICE_ID_BYTES), commitment: readField(r), quota: r.uint16() }
      return { kind: "registered", ...receipt, signature: r.fixed(SIGNATURE_BYTES) }
    },
    MAX_FRAME_BYTES,
  )
}
