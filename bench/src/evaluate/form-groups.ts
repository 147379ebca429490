import { z } from "zod"

import { monotonic } from "./clock.ts"
import { until, type Instance } from "./instance.ts"

const PATIENCE = 120_000
const Link = z.object({ link: z.string() })
const Created = z.object({ group: z.string() })
const Status = z.object({ peers: z.array(z.object({ peerId: z.string() })) })
const Invitations = z.array(z.object({ group: z.string() }))
const Detail = z.object({
  epoch: z.number(),
  epochAuthenticator: z.string(),
  suite: z.string(),
  members: z.array(z.unknown()),
})

export interface FormedGroup {
  readonly id: string
  readonly suite: string
  readonly members: readonly Instance[]
  /** Milliseconds from the founder's call to the invitation on the invitee's window, where both are on the leading machine. */
  readonly invitations: readonly number[]
  /** From the invitee's consent until all members were in one state. */
  readonly joins: readonly number[]
}

/** Members exchange contact links and connect; the first founds the group and invites the others, one after the other. */
export async function formGroup(members: readonly Instance[], name: string, signal: AbortSignal): Promise<FormedGroup> {
  const [founder, ...guests] = members
  if (founder === undefined) throw new RangeError("a group has members")
  await linkAll(members, signal)
  const { group: id } = await founder.call("POST", "/api/groups", Created, { name })
  const invitations: number[] = []
  const joins: number[] = []
  for (const [i, guest] of guests.entries()) {
    const told = guest.next("invitations", AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]))
    const called = monotonic()
    await founder.call("POST", `/api/groups/${id}/invitations`, z.unknown(), { peer: guest.identity })
    const waited = (await told) - called
    if (founder.machine === 0 && guest.machine === 0) invitations.push(waited)
    const invited = async () => await guest.call("GET", "/api/invitations", Invitations)
    await until(
      `${guest.name}'s invitation`,
      async () => (await invited()).some(({ group }) => group === id),
      PATIENCE,
      signal,
    )
    const accepted = monotonic()
    await guest.call("POST", `/api/invitations/${id}/accept`, z.unknown())
    await until(`${guest.name}'s entry`, async () => await agree(members.slice(0, i + 2), id), PATIENCE, signal)
    joins.push(monotonic() - accepted)
  }
  const { suite } = await founder.call("GET", `/api/groups/${id}`, Detail)
  return { id, suite, members, invitations, joins }
}

/** Whether all are in one state of the group, in which all are. */
export async function agree(members: readonly Instance[], id: string): Promise<boolean> {
  const views = await Promise.all(members.map(async (member) => await member.call("GET", `/api/groups/${id}`, Detail)))
  const [first] = views
  return views.every(
    ({ epochAuthenticator, members: seated }) =>
      epochAuthenticator === first?.epochAuthenticator && seated.length === members.length,
  )
}

async function linkAll(members: readonly Instance[], signal: AbortSignal): Promise<void> {
  const links = await Promise.all(members.map(async (member) => await member.call("GET", "/api/contacts/link", Link)))
  for (const [i, member] of members.entries())
    for (const { link } of links.slice(i + 1)) {
      signal.throwIfAborted()
      await member.call("POST", "/api/contacts", z.unknown(), { link })
    }
  const others = members.map(({ peerId }) => peerId)
  for (const member of members)
    await until(
      `${member.name}'s connections`,
      async () => {
        const { peers } = await member.call("GET", "/api/status", Status)
        const linked = new Set(peers.map(({ peerId }) => peerId))
        return others.every((peerId) => peerId === member.peerId || linked.has(peerId))
      },
      PATIENCE,
      signal,
    )
}
