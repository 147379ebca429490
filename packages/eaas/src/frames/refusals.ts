/** Why a role refuses. The number goes over the wire, the sentence is for the person who asked. */
const REFUSALS = {
  malformed: [1, "The request is damaged, or not of this protocol version."],
  "wrong-service": [2, "The request is for another platform."],
  "wrong-local-provider": [3, "The request is for another Local Provider."],
  "unknown-local-provider": [4, "The platform doesn't know this Local Provider."],
  "unknown-epoch": [5, "The platform has not sealed this epoch."],
  "epoch-closed": [6, "This epoch is over; the next one has its own requests."],
  superseded: [7, "The epoch was sealed anew; a proof for the earlier root no longer counts."],
  "bad-kem-key": [8, "The key to encrypt to is not a valid one."],
  "bad-proof": [9, "The proof doesn't show a member of this epoch with a request left."],
  "nullifier-used": [10, "This request was spent already, for another key."],
  "source-failed": [11, "The quantum source failed: no keys until its operator has seen to it."],
  "validation-unreachable": [12, "The Local Provider can't reach the validation server."],
  overloaded: [14, "The platform has more requests than it can take at the moment; it will take this one soon."],
  "unknown-code": [20, "This enrolment code is not known here."],
  "already-registered": [21, "This enrolment code was used already, on another device or installation."],
  "commitment-taken": [22, "Somebody registered this commitment already."],
  "access-withdrawn": [23, "The platform's operator has withdrawn this access."],
  "access-expired": [24, "This access was granted for a time that is over."],
  "bad-certificate": [25, "This certificate is not one of this platform's users, or it is over or revoked."],
  "bad-signature": [30, "The epoch is not signed by this platform's Authentication Server."],
  "not-next": [31, "The epoch doesn't follow the last one, or contradicts it."],
  "wrong-root": [32, "The epoch's root, size or digest is not that of its leaves."],
  "empty-set": [33, "An epoch without members is never sealed."],
  "wrong-time": [34, "The epoch doesn't fit the clock of the validation server."],
  "other-circuit": [35, "The epoch is for another circuit or proving key."],
} as const satisfies Readonly<Record<string, readonly [code: number, sentence: string]>>

export type Refusal = keyof typeof REFUSALS

const BY_CODE: ReadonlyMap<number, Refusal> = new Map(refusals().map((refusal) => [REFUSALS[refusal][0], refusal]))

export const Refusal = {
  code: (refusal: Refusal): number => REFUSALS[refusal][0],
  sentence: (refusal: Refusal): string => REFUSALS[refusal][1],
  fromCode: (code: number): Refusal | undefined => BY_CODE.get(code),
  isRefusal,
}

function isRefusal(name: string): name is Refusal {
  return Object.hasOwn(REFUSALS, name)
}

function refusals(): readonly Refusal[] {
  return Object.keys(REFUSALS).filter(isRefusal)
}
