import type { Bytes } from "@starling/kernel"
import type { CiphersuiteId } from "@starling/mls"

export type Handshakes = "public" | "private"

/** A change of one commit; one that is empty renews the committer's keys. Members are known by their names. */
export interface Change {
  /** MLSMessage(KeyPackage) each. */
  readonly add: readonly Bytes[]
  readonly remove: readonly string[]
  /** Commits the proposals that were received in this epoch too, by reference. */
  readonly includePending?: boolean
  /** Renews the committer's keys where it need not; engines that have no choice ignore it. */
  readonly path?: boolean
  readonly handshakes: Handshakes
}

/** What a commit sends: MLSMessages, in the order in which members have to receive them. */
export interface Committed {
  /** The last is the commit; what stands before it are proposals that it refers to. */
  readonly messages: readonly Bytes[]
  readonly welcome: Bytes | undefined
}

export type Outcome =
  | { readonly kind: "application"; readonly data: Bytes }
  | { readonly kind: "handshake" }
  | { readonly kind: "removed" }

/** What a member of a mixed group can do, in bytes. Whatever an engine refuses makes it throw. */
export interface OracleMember {
  readonly engine: Engine
  readonly name: string
  /** MLSMessage(KeyPackage), good for one join. */
  readonly keyPackage: Bytes
  found(groupId: Uint8Array): Promise<void>
  join(welcome: Uint8Array): Promise<void>
  commit(change: Change): Promise<Committed>
  /** One proposal each for what the change adds and removes. */
  propose(change: Change): Promise<readonly Bytes[]>
  protect(data: Uint8Array): Promise<Bytes>
  receive(message: Uint8Array): Promise<Outcome>
  /** RFC 9420, 8.5, with `EXPORTED`: equal for all members of an epoch. */
  exportedSecret(): Promise<Bytes>
  /** RFC 9420, 8.7, of an engine that shows it. */
  epochAuthenticator(): Bytes | undefined
}

/** Every removal is plain; some also give the leaf to somebody else, or come after messages of the next epoch. */
export type Removal = "plain" | "refilled" | "late"

/** An implementation, and what of the protocol it lets one do. */
export interface Engine {
  readonly name: "ours" | "core-crypto" | "openmls-wasm" | "ts-mls"
  readonly suites: readonly number[]
  /** Of its own commits and proposals. */
  readonly sends: readonly Handshakes[]
  /** Of others. */
  readonly receives: readonly Handshakes[]
  /** What one commit by value can hold; `adds-own` is one member of the same engine and nothing beside it. */
  readonly commits: "anything" | "one-kind" | "adds-own"
  readonly proposes: boolean
  /** Whether it keeps what others propose, and so can follow a commit that refers to it. */
  readonly keepsProposals: boolean
  /** The removals of a member of its own that it does not take for one, by an error or in silence. */
  readonly overlooks: readonly Removal[]
  make(name: string, suite: CiphersuiteId): Promise<OracleMember>
}

/** core-crypto lets nobody choose another label or context. */
export const EXPORTED = { label: "exporter", context: new Uint8Array(0), length: 32 } as const

/** Seconds since 1970: the other engines look at the clock of the machine. */
export const PRESENT = BigInt(Math.floor(Date.now() / 1000))
export const LIFETIME = { notBefore: PRESENT - 3600n, notAfter: PRESENT + 86_400n }

/** The identity of the `n`th member: core-crypto can neither read nor remove one that looks otherwise. */
export function memberName(n: number): string {
  return `${MEMBER_UUID}${n.toString(16).padStart(12, "0")}:1@oracle.example`
}

export const MEMBER_UUID = "5741524c-494e-4000-8000-"
