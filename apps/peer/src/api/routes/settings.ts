import { changeSettings, healPeriodDays, setHealPeriod, type PeerState } from "@starling/messenger"
import type { Hono } from "hono"
import type { Backend } from "../backend.ts"
import { NewSettings, type Settings } from "../contract.ts"
import { readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"

const HOUR_MS = 3_600_000

export function settingsRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  api.get("/api/settings", (context) => context.json(settingsOf(backend.state())))
  api.put("/api/settings", async (context) => {
    const { healEveryDays, receipts, retentionHours } = await readBody(context, NewSettings)
    if (healEveryDays !== undefined) backend.act((state, env) => setHealPeriod(state, healEveryDays ?? undefined, env))
    const change = {
      ...(receipts === undefined ? {} : { receipts }),
      ...(retentionHours === undefined ? {} : { keepFor: Math.round(retentionHours * HOUR_MS) }),
    }
    if (Object.keys(change).length > 0) backend.act((state, env) => changeSettings(state, change, env))
    return context.json(settingsOf(backend.state()))
  })
}

function settingsOf(state: PeerState): Settings {
  const { receipts, keepFor } = state.durable.settings
  return { healEveryDays: healPeriodDays(state) ?? null, receipts, retentionHours: keepFor / HOUR_MS }
}
