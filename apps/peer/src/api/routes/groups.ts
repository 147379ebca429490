import {
  addMailbox,
  createGroup,
  groupDetail,
  groups,
  heal,
  invite,
  leave,
  remove,
  removeMailbox,
  setPolicy,
  setRole,
  USUAL_POLICY,
  type GroupDetailView,
} from "@starling/messenger"
import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import { GroupPolicy, GroupUuid, NewGroup, NewInvitation, NewMailbox, NewRole, type NewPolicy } from "../contract.ts"
import { Fault } from "../fault.ts"
import { parse, readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"
import { timelineOf } from "../timeline-view.ts"

/** How long an invitation may take, until it is said to wait: KeyPackage and commit. */
const INVITATION_PATIENCE_MS = 5_000

export function groupRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  api.get("/api/groups", (context) => context.json(groups(backend.state())))
  api.post("/api/groups", async (context) => {
    const { name, policy } = await readBody(context, NewGroup)
    return context.json(backend.act((state, env) => createGroup(state, name, env, wholePolicy(policy))))
  })
  api.get("/api/groups/:group", (context) => context.json(knownGroup(backend, context.req.param("group"))))
  api.get("/api/groups/:group/timeline", (context) => {
    const { group } = knownGroup(backend, context.req.param("group"))
    return context.json(timelineOf(backend, group))
  })
  api.post("/api/groups/:group/invitations", async (context) => {
    const { peer } = await readBody(context, NewInvitation)
    const group = groupName(context.req.param("group"))
    const { state } = backend.act((it, env) => invite(it, group, peer, env))
    const settled = state === "invited" && (await becomesMember(backend, group, peer, context.req.raw.signal))
    return context.json({ group, peer, state: settled ? "invited" : "waiting" })
  })
  api.post("/api/groups/:group/heal", (context) => {
    const group = groupName(context.req.param("group"))
    return context.json({ group, ...backend.act((state, env) => heal(state, group, env)) })
  })
  api.delete("/api/groups/:group/members/:peer", (context) => {
    const group = groupName(context.req.param("group"))
    const peer = context.req.param("peer")
    return context.json({ group, ...backend.act((state, env) => remove(state, group, peer, env)) })
  })
  api.post("/api/groups/:group/mailboxes", async (context) => {
    const { link } = await readBody(context, NewMailbox)
    const group = groupName(context.req.param("group"))
    return context.json({ group, ...backend.act((state, env) => addMailbox(state, group, link, env)) })
  })
  api.delete("/api/groups/:group/mailboxes/:peer", (context) => {
    const group = groupName(context.req.param("group"))
    const peer = context.req.param("peer")
    return context.json({ group, ...backend.act((state, env) => removeMailbox(state, group, peer, env)) })
  })
  api.put("/api/groups/:group/members/:peer/role", async (context) => {
    const { role } = await readBody(context, NewRole)
    const group = groupName(context.req.param("group"))
    const peer = context.req.param("peer")
    return context.json(backend.act((state, env) => setRole(state, group, peer, role, env)))
  })
  api.put("/api/groups/:group/policy", async (context) => {
    const policy = await readBody(context, GroupPolicy)
    const group = groupName(context.req.param("group"))
    return context.json(backend.act((state, env) => setPolicy(state, group, policy, env)))
  })
  api.post("/api/groups/:group/leave", (context) => {
    const group = groupName(context.req.param("group"))
    return context.json(backend.act((state, env) => leave(state, group, env)))
  })
}

function wholePolicy({ invite = USUAL_POLICY.invite, remove = USUAL_POLICY.remove }: NewPolicy = {}): GroupPolicy {
  return { invite, remove }
}

/** A well-formed name of a group. Throws `Fault` 400. */
export function groupName(text: string): string {
  return parse(GroupUuid, text.toLowerCase())
}

/** The group as this device has it. Throws `Fault` 404. */
export function knownGroup(backend: Backend, text: string): GroupDetailView {
  const detail = groupDetail(backend.state(), groupName(text), backend.env())
  if (detail === undefined)
    throw new Fault(404, "unknown-group", "there is no such group here: `starling group list` shows all")
  return detail
}

/** Waits until the commit that adds the peer is made; false where it takes too long. */
async function becomesMember(backend: Backend, group: string, peer: string, caller: AbortSignal): Promise<boolean> {
  const patience = AbortSignal.any([caller, AbortSignal.timeout(INVITATION_PATIENCE_MS)])
  while (!isMember(backend, group, peer)) {
    if (!(await backend.events.next((event) => event.type === "group" || event.type === "groups", patience)))
      return isMember(backend, group, peer)
  }
  return true
}

function isMember(backend: Backend, group: string, peer: string): boolean {
  const members = groupDetail(backend.state(), group, backend.env())?.members ?? []
  return members.some(({ identity, devices }) => identity === peer || devices.includes(peer))
}
