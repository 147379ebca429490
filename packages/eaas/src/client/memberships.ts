import {
  decodeClientState,
  encodeClientState,
  isClientState,
  membershipOf,
  withMembership,
  type ClientState,
  type Membership,
} from "./client-state.ts"
import { EntropyClientError } from "./entropy-client-error.ts"
import type { ClientJournal } from "./ports.ts"

/** What a device has written down of the platforms that it knows. Throws `EntropyClientError` where that can't be read. */
export class Memberships {
  readonly #journal: ClientJournal

  constructor(journal: ClientJournal) {
    this.#journal = journal
  }

  of(service: Uint8Array): Membership | undefined {
    return membershipOf(this.#load(), service)
  }

  /** Durable when it returns. */
  save(membership: Membership): void {
    this.#journal.save(encodeClientState(withMembership(this.#load(), membership)))
  }

  #load(): ClientState {
    const bytes = this.#journal.load()
    if (bytes === undefined) return { memberships: [] }
    const state = decodeClientState(bytes)
    if (state.kind === "ok") return state.value
    throw new EntropyClientError(isClientState(bytes) ? "newer-version" : "damaged-journal", { cause: state.why })
  }
}
