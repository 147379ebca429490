import { createIdentity, openPeer, setName, type Env, type PeerState, type Step } from "@starling/messenger"
import type { Store, Write } from "@starling/messenger/ports"
import { refusalFault } from "../api/fault-of.ts"

export interface IdentityOptions {
  readonly store: Pick<Store, "all" | "list">
  readonly commit: (writes: readonly Write[]) => void
  readonly env: () => Env
  readonly plainTopics: boolean
  readonly mailbox: boolean
  /** Called before the first keys of this device are drawn. */
  readonly beforeCreation: () => Promise<void>
  /** Given with `up --name`. */
  readonly name: string | undefined
}

/** The peer that the store holds, or a new one; durable before anybody hears of it. Throws `Fault` for a name that can't be. */
export async function openIdentity({
  store,
  commit,
  env,
  plainTopics,
  mailbox,
  beforeCreation,
  name,
}: IdentityOptions): Promise<PeerState> {
  const opened = openPeer(store, env(), { plainTopics, mailbox })
  if (opened.kind === "open" && opened.writes.length > 0) commit(opened.writes)
  const keep = (step: Step): PeerState => {
    commit(step.writes)
    return step.state
  }
  if (opened.kind === "needs-identity") await beforeCreation()
  const state = opened.kind === "open" ? opened.state : keep(createIdentity(env(), { plainTopics, mailbox }))
  if (name === undefined) return state
  const named = setName(state, name, env())
  if (named.kind === "refused") throw refusalFault(named)
  return keep(named)
}
