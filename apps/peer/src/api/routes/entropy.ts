import type { Hono } from "hono"
import { z } from "zod"
import type { Backend } from "../backend.ts"
import { NewRefill } from "../contract.ts"
import { Fault } from "../fault.ts"
import { parse, readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"
import { requireBearer } from "./session.ts"

const DrawQuery = z.object({
  after: z.coerce.number().int().default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
  newest: z.literal("1").optional(),
})

export function entropyRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  const { entropy } = backend
  api.get("/api/entropy", (context) => context.json(entropy.status()))
  api.post("/api/entropy/refill", async (context) => {
    const { bytes } = await readBody(context, NewRefill)
    return context.json({ bytes: await entropy.refill(bytes, context.req.raw.signal) })
  })
  api.post("/api/entropy/phone", (context) => {
    requireBearer(context.get("caller"))
    const code = backend.pairPhone()
    if (code === undefined) throw new Fault(409, "no-phone", "keys come here by no phone: start with --phone HOST:PORT")
    return context.json({ code })
  })
  api.get("/api/entropy/draws", (context) => {
    const { after, limit, newest } = parse(DrawQuery, context.req.query())
    return context.json(entropy.draws({ after, limit, newestFirst: newest === "1" }))
  })
  api.get("/api/entropy/deliveries", (context) => context.json(entropy.deliveries()))
}
