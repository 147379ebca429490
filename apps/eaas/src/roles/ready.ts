/** A role that serves. */
export interface Running extends AsyncDisposable {
  readonly ready: Ready
}

/** The first line on stdout. */
export interface Ready {
  readonly ready: true
  /** Where clients find the platform; of a single role, the role's own address. */
  readonly url: string
  readonly as?: string
  readonly pvs?: string
  readonly lp?: readonly string[]
  /** One-time code of the one user of an embedded platform. */
  readonly enrolment?: string
  /** Of a pair of KMEs: where each SAE finds its own, and what it needs there. */
  readonly kme?: Readonly<Record<string, { readonly url: string; readonly files: string }>>
  /** Where operators find metrics and status page. */
  readonly operations?: string
  /** Public key of a single role. */
  readonly key?: string
}
