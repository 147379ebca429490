import { accept, decline, invitations } from "@starling/messenger"
import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import type { ApiEnv } from "../server.ts"
import { groupName } from "./groups.ts"

export function invitationRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  api.get("/api/invitations", (context) => context.json(invitations(backend.state())))
  api.post("/api/invitations/:group/accept", (context) => {
    const group = groupName(context.req.param("group"))
    return context.json(backend.act((state, env) => accept(state, group, env)))
  })
  api.post("/api/invitations/:group/decline", (context) => {
    const group = groupName(context.req.param("group"))
    return context.json(backend.act((state, env) => decline(state, group, env)))
  })
}
