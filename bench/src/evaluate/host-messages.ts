import type { CiphersuiteId } from "@starling/mls"

import type { EntropyChoice } from "./options.ts"
import type { Recording } from "./recorder.ts"

/** What a process that hosts instances is told: it does one thing after the other. */
export type Order =
  | { readonly kind: "start"; readonly instance: InstanceOrder }
  /** Asks what the process has used so far. */
  | { readonly kind: "usage" }
  /** Asks for everything that was recorded. */
  | { readonly kind: "recordings" }
  /** Ends the instances, and the process. */
  | { readonly kind: "end" }

export interface InstanceOrder {
  readonly folder: string
  readonly name: string
  readonly suite: CiphersuiteId
  readonly entropy: EntropyChoice
  /** Discovery URL of the platform, with the enrolment code of this instance in the fragment; none: the operating system alone. */
  readonly eaas: string | undefined
  readonly connections: number
  readonly mdns: boolean
  /** IPv4 address to listen on for peers. */
  readonly address: string
}

export type Answer =
  | { readonly kind: "started"; readonly instance: StartedInstance }
  | { readonly kind: "usage"; readonly usage: Usage }
  | { readonly kind: "recordings"; readonly recordings: readonly Recording[] }
  | { readonly kind: "failed"; readonly why: string }

export interface StartedInstance {
  readonly identity: string
  readonly peerId: string
  readonly api: string
  readonly key: string
  /** From the order to a peer that answers, in milliseconds. */
  readonly startMs: number
}

/** Of a process and all that it hosts. */
export interface Usage {
  /** User and system time, in milliseconds. */
  readonly cpuMs: number
  /** Resident bytes. */
  readonly memory: number
  /** Bytes over TCP between peers, sent and received. */
  readonly sent: number
  readonly received: number
  /** On the monotonic clock of its machine. */
  readonly at: number
}
