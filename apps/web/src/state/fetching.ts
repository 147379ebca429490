import { Refused, Unreachable } from "../api/call.ts"
import { api } from "../api/client.ts"
import { change } from "./store.ts"
import { takeNewest, takeOlder } from "./thread.ts"
import { changeThread } from "./world.ts"

export const PAGE = 100

const underWay = new Map<string, { again: boolean }>()

/** Runs `read` once at a time for each key; asked again meanwhile, it runs once more at the end. */
function fresh(key: string, read: () => Promise<void>): void {
  const running = underWay.get(key)
  if (running) {
    running.again = true
    return
  }
  const state = { again: true }
  underWay.set(key, state)
  const run = async () => {
    while (state.again) {
      state.again = false
      await read()
    }
  }
  run()
    .catch(explain)
    .finally(() => underWay.delete(key))
}

/** A read that fails changes nothing here: the line's state says why, and its return reads everything again. */
function explain(fault: unknown): void {
  if (fault instanceof Unreachable) return
  if (!(fault instanceof Refused)) throw fault
  if (fault.status === 401) change((world) => ({ ...world, line: "signed-out" }))
}

export const refresh = {
  status: () =>
    fresh("status", async () => {
      const status = await api.status()
      change((world) => ({ ...world, status }))
    }),
  settings: () =>
    fresh("settings", async () => {
      const settings = await api.settings()
      change((world) => ({ ...world, settings }))
    }),
  contacts: () =>
    fresh("contacts", async () => {
      const contacts = await api.contacts()
      change((world) => ({ ...world, contacts }))
    }),
  nearby: () =>
    fresh("nearby", async () => {
      const nearby = await api.nearby()
      change((world) => ({ ...world, nearby }))
    }),
  groups: () =>
    fresh("groups", async () => {
      const groups = await api.groups()
      change((world) => ({ ...world, groups, groupsKnown: true }))
    }),
  invitations: () =>
    fresh("invitations", async () => {
      const invitations = await api.invitations()
      change((world) => ({ ...world, invitations }))
    }),
  entropy: () =>
    fresh("entropy", async () => {
      const entropy = await api.entropy()
      change((world) => ({ ...world, entropy }))
    }),
  group: (group: string) =>
    fresh(`group ${group}`, async () => {
      const [detail, timeline] = await Promise.all([api.group(group), api.timeline(group)])
      change((world) => ({
        ...world,
        details: { ...world.details, [group]: detail },
        timelines: { ...world.timelines, [group]: timeline },
      }))
    }),
  messages: (group: string) =>
    fresh(`messages ${group}`, async () => {
      const page = await api.newestMessages(group, PAGE)
      change((world) => changeThread(world, group, (thread) => takeNewest(thread, page, PAGE)))
    }),
  olderMessages: (group: string, before: string) =>
    fresh(`older ${group}`, async () => {
      const page = await api.olderMessages(group, before, PAGE)
      change((world) => changeThread(world, group, (thread) => takeOlder(thread, page, PAGE)))
    }),
}
