import { concat, fromBase32, malformed, ok, toBase32, type Bytes, type Decoded } from "@starling/kernel"

export const ENROLMENT_SECRET_BYTES = 16

/** Enough of the service's id that nobody finds other keys with the same beginning. */
const SERVICE_PREFIX_BYTES = 16

/**
 * What a person gets from the operator and types once: the right to register, and which platform it is for. A
 * discovery document with other keys doesn't match the code, over whatever network it came.
 */
export interface EnrolmentCode {
  readonly secret: Bytes
  readonly servicePrefix: Bytes
}

export const EnrolmentCode = {
  of(secret: Uint8Array, service: Uint8Array): EnrolmentCode {
    if (secret.length !== ENROLMENT_SECRET_BYTES)
      throw new RangeError(`an enrolment secret has 16 bytes, got ${secret.length}`)
    return { secret: new Uint8Array(secret), servicePrefix: new Uint8Array(service.slice(0, SERVICE_PREFIX_BYTES)) }
  },

  /** 52 characters of lower-case base32. */
  toText: (code: EnrolmentCode): string => toBase32(concat(code.secret, code.servicePrefix)),

  /** Takes the code as people pass it on: in either case, with spaces around it. */
  fromText(text: string): Decoded<EnrolmentCode> {
    const bytes = fromBase32(text.trim().toLowerCase())
    if (bytes?.length !== ENROLMENT_SECRET_BYTES + SERVICE_PREFIX_BYTES) return malformed("not an enrolment code")
    return ok({ secret: bytes.slice(0, ENROLMENT_SECRET_BYTES), servicePrefix: bytes.slice(ENROLMENT_SECRET_BYTES) })
  },
}
