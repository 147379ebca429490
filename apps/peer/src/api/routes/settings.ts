import { healPeriodDays, setHealPeriod } from "@starling/messenger"
import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import { NewSettings, type Settings } from "../contract.ts"
import { readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"

export function settingsRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  const settings = (): Settings => ({ healEveryDays: healPeriodDays(backend.state()) ?? null })
  api.get("/api/settings", (context) => context.json(settings()))
  api.put("/api/settings", async (context) => {
    const { healEveryDays } = await readBody(context, NewSettings)
    backend.act((state, env) => setHealPeriod(state, healEveryDays ?? undefined, env))
    return context.json(settings())
  })
}
