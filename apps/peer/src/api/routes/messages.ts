import { holdsMessage, markRead, readHistory, send } from "@starling/messenger"
import type { Hono } from "hono"
import { z } from "zod"
import type { Backend } from "../backend.ts"
import { NewMessage, type Message } from "../contract.ts"
import { Fault } from "../fault.ts"
import { parse, readBody } from "../read-body.ts"
import type { ApiEnv } from "../server.ts"
import { messageOf } from "../views.ts"
import { groupName, knownGroup } from "./groups.ts"

const MessageId = z.string().regex(/^[0-9a-f]{32}$/, "an id is 32 hexadecimal digits")

const HistoryQuery = z.object({
  since: MessageId.optional(),
  before: MessageId.optional(),
  wait: z.coerce.number().min(0).max(60).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
})

export function messageRoutes(api: Hono<ApiEnv>, backend: Backend): void {
  api.get("/api/groups/:group/messages", async (context) => {
    const { wait, ...range } = parse(HistoryQuery, context.req.query())
    const { group } = knownGroup(backend, context.req.param("group"))
    for (const id of [range.since, range.before]) requireMessage(backend, group, id)
    const patience = AbortSignal.any([context.req.raw.signal, AbortSignal.timeout(wait * 1000)])
    let messages = history(backend, group, range)
    while (messages.length === 0 && (await backend.events.next(({ type }) => type === "message", patience))) {
      messages = history(backend, group, range)
    }
    return context.json(messages)
  })
  api.post("/api/groups/:group/messages", async (context) => {
    const { text } = await readBody(context, NewMessage)
    const group = groupName(context.req.param("group"))
    return context.json(backend.act((state, env) => send(state, group, text, env)))
  })
  api.post("/api/groups/:group/read", (context) => {
    const group = groupName(context.req.param("group"))
    backend.act((state, env) => markRead(state, group, env))
    return context.body(null, 204)
  })
}

function requireMessage(backend: Backend, group: string, id: string | undefined): void {
  if (id === undefined || holdsMessage(backend.reader, group, id)) return
  throw new Fault(404, "unknown-message", `there is no message ${id} in this group: \`starling read\` shows all`)
}

interface HistoryRange {
  readonly since?: string | undefined
  readonly before?: string | undefined
  readonly limit: number
}

function history(backend: Backend, group: string, { since, before, limit }: HistoryRange): readonly Message[] {
  const range = { limit, ...(since === undefined ? {} : { since }), ...(before === undefined ? {} : { before }) }
  return readHistory(backend.reader, group, range).map((shown) => messageOf(backend.state(), backend.reader, shown))
}
