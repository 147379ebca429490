import type { GroupState, KeyPackage, MlsContext } from "@starling/mls"

/** MLS in each cipher suite that this device speaks; a group stays in the one that it was created in. */
export interface Suites {
  /** Of groups that are created here. */
  readonly forNewGroups: MlsContext
  /** `undefined` for a suite that this device does not speak. */
  of(suite: number): MlsContext | undefined
}

/** Suites that share SHA-256 and Ed25519, so that one identity is good for all. The first is that of new groups. */
export function suitesOf(forNewGroups: MlsContext, ...others: readonly MlsContext[]): Suites {
  const byNumber = new Map<number, MlsContext>([forNewGroups, ...others].map((mls) => [mls.crypto.suite.id, mls]))
  return { forNewGroups, of: (suite) => byNumber.get(suite) }
}

/** That of a group, or of a KeyPackage, which this device has let in: so it speaks it. */
export function mlsOf(suites: Suites, { ciphersuite }: Pick<GroupState | KeyPackage, "ciphersuite">): MlsContext {
  const mls = suites.of(ciphersuite)
  if (mls === undefined) throw new RangeError(`cipher suite ${ciphersuite} is not spoken here`)
  return mls
}
