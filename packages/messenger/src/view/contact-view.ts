/** A name as a screen may show it. */
export interface SafeName {
  /** Without characters that change how their surroundings read. */
  readonly text: string
  /** True where the name could be taken for another's: a screen then shows `fingerprint` beside it. */
  readonly suspicious: boolean
  /** First eight characters of the identity. */
  readonly fingerprint: string
}

export interface ContactView {
  readonly identity: string
  readonly peerId: string
  /** As typed by its bearer. */
  readonly name: string
  readonly safeName: SafeName
  readonly verified: boolean
  readonly online: boolean
}

export interface NearbyView {
  readonly identity: string
  readonly peerId: string
  readonly name: string
  readonly safeName: SafeName
  readonly address: string
  readonly contact: boolean
}
