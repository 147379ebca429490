import type { Milliseconds } from "@starling/kernel"
import { Refusal } from "../frames/refusals.ts"

/** Why no key could be had. */
export type EntropyClientFault =
  | "unreachable"
  | "wrong-code"
  | "other-platform"
  | "not-registered"
  | "no-certificates"
  | "no-credentials"
  | "epoch-not-open"
  | "clock"
  | "bad-signature"
  | "wrong-root"
  | "two-roots"
  | "older-epoch"
  | "other-circuit"
  | "set-too-small"
  | "quota-used-up"
  | "proof-failed"
  | "refused"
  | "turned-away"
  | "bad-answer"
  | "newer-version"
  | "damaged-journal"

const SENTENCES: Readonly<Record<EntropyClientFault, string>> = {
  unreachable: "The entropy platform can't be reached.",
  "wrong-code": "This is not an enrolment code. It has 52 letters and digits and comes from the platform's operator.",
  "other-platform": "What answers there is not the platform that the enrolment code is for.",
  "not-registered": "This device is not registered at the platform yet.",
  "no-certificates": "This platform registers nobody by certificate.",
  "no-credentials": "The folder of the certificate doesn't hold ca.pem, cert.pem and key.pem that can be read.",
  "epoch-not-open": "Registered; keys can be had from the platform's next epoch on.",
  clock: "The platform's epoch and this device's clock don't fit: one of the two clocks is wrong.",
  "bad-signature": "What the platform published is not signed with its keys.",
  "wrong-root": "The published list of members doesn't have the signed root.",
  "two-roots":
    "The platform showed two different lists of members for one epoch: it is faulty, or tries to single somebody out.",
  "older-epoch":
    "The platform showed others a later list of members than this device: it is faulty, or tries to single somebody out.",
  "other-circuit": "The platform uses another version of the proof; one of the two sides needs an update.",
  "set-too-small": "Too few members in this epoch to hide among.",
  "quota-used-up": "All of this epoch's keys were taken; the next epoch brings new ones.",
  "proof-failed": "The proof of membership could not be made.",
  refused: "The platform refused the request.",
  "turned-away": "The Local Provider turned the request away.",
  "bad-answer": "The answer is not what the platform signed for this request; somebody changed it on the way.",
  "newer-version": "What is kept of the registration was written by a newer Starling. Nothing was changed.",
  "damaged-journal": "What is kept of the registration is damaged.",
}

export class EntropyClientError extends Error {
  override readonly name = "EntropyClientError"
  readonly reason: EntropyClientFault
  /** What the platform or the Local Provider said, where one of the two refused. */
  readonly refusal: Refusal | undefined
  /** Until the epoch closes that this user is not in; `undefined` where none is open, or no epoch mends it. */
  readonly retryAfter: Milliseconds | undefined

  constructor(
    reason: EntropyClientFault,
    options: ErrorOptions & { readonly refusal?: Refusal; readonly retryAfter?: Milliseconds } = {},
  ) {
    const { refusal, retryAfter } = options
    super(refusal === undefined ? SENTENCES[reason] : `${SENTENCES[reason]} ${Refusal.sentence(refusal)}`, options)
    this.reason = reason
    this.refusal = refusal
    this.retryAfter = retryAfter
  }
}
