import { z } from "zod"

import type { Daemon } from "./daemon.ts"

const Messages = z.array(z.object({ id: z.string(), text: z.string() }))
export type ScreenMessage = z.infer<typeof Messages>[number]

const PAGE = 500

/** What a screen shows of a group, from the first message on. */
export async function allMessages(daemon: Daemon, group: string): Promise<readonly ScreenMessage[]> {
  const all: ScreenMessage[] = []
  for (;;) {
    // Page by page, the newest first: that is what the API gives without `since`.
    const before = all[0] === undefined ? "" : `&before=${all[0].id}`
    const page = await daemon.call("GET", `/api/groups/${group}/messages?limit=${PAGE}${before}`, Messages)
    all.unshift(...page)
    if (page.length < PAGE) return all
  }
}

/** What came on a screen after a message that is on it. */
export async function messagesSince(daemon: Daemon, group: string, id: string): Promise<readonly ScreenMessage[]> {
  const later: ScreenMessage[] = []
  for (;;) {
    const since = later.at(-1)?.id ?? id
    const page = await daemon.call("GET", `/api/groups/${group}/messages?limit=${PAGE}&since=${since}`, Messages)
    later.push(...page)
    if (page.length < PAGE) return later
  }
}
