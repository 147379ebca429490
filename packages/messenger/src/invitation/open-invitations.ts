import type { PeerState } from "../peer/state.ts"
import type { HeldInvitation } from "./held-invitation.ts"

/**
 * What a person is asked: one invitation to each group, that of a contact before that of a stranger, else the one that
 * came first. The others come up once it is declined.
 */
export function openInvitations(state: PeerState): readonly HeldInvitation[] {
  const { invitations, contacts } = state.durable
  const shown = new Map<string, HeldInvitation>()
  for (const held of invitations.values()) {
    if (held.standing !== "open") continue
    const other = shown.get(held.group)
    if (other === undefined || goesBefore(held, other, contacts)) shown.set(held.group, held)
  }
  return [...shown.values()]
}

export function openInvitation(state: PeerState, uuid: string): HeldInvitation | undefined {
  return openInvitations(state).find(({ group }) => group === uuid)
}

function goesBefore(one: HeldInvitation, other: HeldInvitation, contacts: ReadonlyMap<string, unknown>): boolean {
  if (contacts.has(one.from) !== contacts.has(other.from)) return contacts.has(one.from)
  return one.heldAt < other.heldAt || (one.heldAt === other.heldAt && one.from < other.from)
}
