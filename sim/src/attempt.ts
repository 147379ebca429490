import type { Env, Outcome, PeerState } from "@starling/messenger"
import { StoreError } from "@starling/messenger/ports"

import type { Person } from "./person.ts"

/** What somebody asks for. Refusals, a full disk and a device that is off are as good as doing nothing. */
export function attempt<T>(person: Person, act: (state: PeerState, env: Env) => Outcome<T>): T | undefined {
  if (!person.isUp) return undefined
  const outcome = act(person.state, person.env())
  if (outcome.kind === "refused") return undefined
  try {
    return person.verb(() => outcome)
  } catch (error) {
    if (error instanceof StoreError) return undefined
    throw error
  }
}
