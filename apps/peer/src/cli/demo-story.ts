import { setTimeout as pause } from "node:timers/promises"
import type { EntropyStatus, GroupDetail, Invitation } from "../api/contract.ts"
import type { ApiClient } from "./api-client.ts"
import { CliError } from "./cli-error.ts"

/** One of the people of the demo. */
export interface Actor {
  readonly name: string
  readonly identity: string
  readonly api: ApiClient
}

const POLL_MS = 100

/** Brings the actors into one group and lets them talk; returns the group. Throws `CliError` where that takes longer than `patience` allows. */
export async function formGroup(
  actors: readonly Actor[],
  tell: (text: string) => void,
  patience: AbortSignal,
): Promise<string> {
  const [host, ...guests] = actors
  if (host === undefined) throw new RangeError("a demo needs somebody")
  await Promise.all(guests.map(async (guest) => await befriend(host, guest)))
  tell(`${host.name} exchanged contact links with ${guests.map(({ name }) => name).join(" and ")}`)

  const { group } = await host.api.post<{ group: string }>("/api/groups", { name: "Starlings" })
  for (const guest of guests) {
    await host.api.post(`/api/groups/${group}/invitations`, { peer: guest.identity })
    await until(`${guest.name} is invited`, patience, async () => {
      const invitations = await guest.api.get<readonly Invitation[]>("/api/invitations")
      return invitations.some((invitation) => invitation.group === group)
    })
    await guest.api.post(`/api/invitations/${group}/accept`)
    tell(`${host.name} invited ${guest.name}, who accepted`)
  }
  await inOneEpoch(group, actors, patience)
  for (const [i, actor] of actors.entries())
    await actor.api.post(`/api/groups/${group}/messages`, { text: LINES[i] ?? "Hello." })
  tell("they said hello")
  return group
}

/** Each renews its keys as soon as its pool holds quantum entropy. Throws `CliError` as `formGroup` does. */
export async function healAll(
  group: string,
  actors: readonly Actor[],
  tell: (text: string) => void,
  patience: AbortSignal,
): Promise<void> {
  for (const { name, api } of actors) {
    await until(
      `${name} has quantum entropy`,
      patience,
      async () => (await api.get<EntropyStatus>("/api/entropy")).pool.bytes > 0,
    )
    await api.post(`/api/groups/${group}/heal`)
    const { epoch } = await inOneEpoch(group, actors, patience)
    tell(`${name} got a key from the quantum source and healed: all are in epoch ${epoch}, with equal keys`)
  }
}

const LINES = [
  "Hello! No server between us.",
  "Hi Ana. My keys are fresh from the quantum source.",
  "Cy here. Press Heal now and watch the epoch change.",
]

async function befriend(host: Actor, guest: Actor): Promise<void> {
  const [ours, theirs] = await Promise.all([contactLink(host), contactLink(guest)])
  await Promise.all([host.api.post("/api/contacts", { link: theirs }), guest.api.post("/api/contacts", { link: ours })])
}

async function contactLink({ api }: Actor): Promise<string> {
  return (await api.get<{ link: string }>("/api/contacts/link")).link
}

async function inOneEpoch(group: string, actors: readonly Actor[], patience: AbortSignal): Promise<GroupDetail> {
  let details: readonly GroupDetail[] = []
  await until("all are in one epoch", patience, async () => {
    details = await Promise.all(actors.map(async ({ api }) => await api.get<GroupDetail>(`/api/groups/${group}`)))
    return new Set(details.map(({ epochAuthenticator }) => epochAuthenticator)).size === 1
  })
  const [first] = details
  if (first === undefined) throw new RangeError("a group needs somebody")
  return first
}

async function until(what: string, patience: AbortSignal, condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) {
    if (patience.aborted) throw new CliError("demo-failed", `the demo got stuck before this was so: ${what}`)
    await pause(POLL_MS)
  }
}
