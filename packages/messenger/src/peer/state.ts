/** Everything that a running peer knows: a value, replaced by each step. Its inside is this package's business. */
export interface PeerState {
  readonly plainTopics: boolean
}
