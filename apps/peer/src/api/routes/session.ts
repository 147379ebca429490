import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import { NewProfile, NewSession } from "../contract.ts"
import { Fault } from "../fault.ts"
import { readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"
import { sessionCookie } from "../session.ts"
import { setName } from "@starling/messenger"

export function sessionRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  api.post("/api/session", async (context) => {
    const { token } = await readBody(context, NewSession)
    const session = backend.sessions.redeem(token)
    if (session === undefined) {
      throw new Fault(401, "bad-token", "this link was used before or is too old: `starling ui` prints a fresh one")
    }
    const cookie = sessionCookie(context.get("port"))
    context.header("set-cookie", `${cookie}=${session}; HttpOnly; SameSite=Strict; Path=/`)
    return context.body(null, 204)
  })
  api.post("/api/ui-link", (context) => {
    requireBearer(context.get("caller"))
    const ui = backend.uiLink()
    if (ui === undefined) throw new Fault(409, "headless", "this daemon serves no UI: start it without --headless")
    return context.json({ ui })
  })
  api.post("/api/shutdown", (context) => {
    requireBearer(context.get("caller"))
    backend.shutdown()
    return context.json({}, 202)
  })
  api.get("/api/status", (context) => context.json(backend.status()))
  api.put("/api/profile", async (context) => {
    const { name } = await readBody(context, NewProfile)
    backend.act((state, env) => setName(state, name, env))
    return context.json(backend.status())
  })
}

export function requireBearer(caller: ApiEnv["Variables"]["caller"]): void {
  if (caller !== "bearer") throw new Fault(403, "cli-only", "only the command line may do this")
}
