import type { EntropyPolicy } from "@starling/entropy"
import type { CiphersuiteId } from "@starling/mls"
import type { Prover } from "@starling/proof/node"
import type { Observer } from "./observer.ts"

/** What `starling up` was told. */
export interface DaemonOptions {
  readonly dataFolder: string
  /** `undefined` keeps the one there is. */
  readonly name: string | undefined
  /** Of the local API; 0 takes a free one. */
  readonly port: number
  /** Multiaddrs to listen on for peers. */
  readonly listen: readonly string[]
  readonly eaas: EaasChoice
  readonly tap: TapChoice
  /** The Local Provider that keys are asked of, by its name; `undefined` takes the platform's first. */
  readonly branch: string | undefined
  readonly policy: EntropyPolicy
  /** Share of the pool's capacity to fill in the background. */
  readonly fillTo: number
  readonly headless: boolean
  readonly mdns: boolean
  readonly plainTopics: boolean
  /** Keeps ciphertext for groups and takes part in nothing else. */
  readonly mailbox: boolean
  /** What happened that nobody waits for: one line for a log. */
  readonly log: (text: string) => void
  /** What measurements of many peers set. */
  readonly trial?: Trial
}

/** Whoever measures many peers on one machine. No request is made ahead: the next registration would make its proof void. */
export interface Trial {
  readonly observer: Observer
  /** Of libp2p, in all. */
  readonly connections: number
  /** Of the groups that this peer creates. */
  readonly suite: CiphersuiteId
  /** Makes proofs for several peers of one process, one after the other; whoever opened it closes it. */
  readonly prover: Prover
}

/**
 * `remote` is the platform's discovery URL, with the enrolment code in its fragment where the person has one. `certificate`
 * is the folder of the person's `cert.pem` and `key.pem`, and of the `ca.pem` that signed the platform's.
 */
export type EaasChoice =
  | { readonly kind: "embedded" }
  | { readonly kind: "remote"; readonly url: string | Promise<string>; readonly certificate?: string }
  | { readonly kind: "off" }

/** `phone`: a phone carries requests and keys, and finds this peer at `host` and `port`; 0 takes a free one. */
export type TapChoice =
  | { readonly kind: "loopback" }
  | { readonly kind: "phone"; readonly host: string; readonly port: number }

/** A running peer. Disposing of it ends it cleanly: what was acknowledged is on the disk. */
export interface Daemon extends AsyncDisposable {
  readonly identity: string
  readonly peerId: string
  /** URL of the local API. */
  readonly api: string
  /** Multiaddrs under which peers reach it. */
  readonly listen: readonly string[]
  /** What groups are handed to it by; `undefined` where it is no mailbox. */
  mailboxLink(): string | undefined
  /** A fresh one-time link to the UI; `undefined` where none is served. */
  uiLink(): string | undefined
  /** Resolves when somebody asked over the API that it end. */
  readonly stopRequested: Promise<void>
}
