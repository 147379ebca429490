import type { Message } from "../api/contract.ts"
import type { Command } from "./command.ts"
import { secondsOption } from "./options.ts"
import { personName } from "./person-name.ts"
import { terminalText } from "./terminal-text.ts"

/** The API holds one call no longer than this; longer waits are several calls. */
const LONGEST_CALL_SECONDS = 60

export const messageCommands: readonly Command[] = [
  {
    words: ["send"],
    parameters: ["G", "TEXT"],
    options: [],
    summary: "send a message (`--` before a text that begins with a dash)",
    async run({ connect, output, arguments: [group = "", text = ""] }) {
      const path = `/api/groups/${encodeURIComponent(group)}/messages`
      output.item(await connect().post<{ id: string }>(path, { text }), ({ id }) => `sent ${id}`)
    },
  },
  {
    words: ["read"],
    parameters: ["G"],
    options: ["since", "wait"],
    summary: "the messages of a group, oldest first",
    async run({ connect, output, options, arguments: [group = ""] }) {
      const api = connect()
      const query = new URLSearchParams()
      if (options.since !== undefined) query.set("since", options.since)
      let patience = secondsOption(options) ?? 0
      let messages: readonly Message[]
      do {
        const wait = Math.min(patience, LONGEST_CALL_SECONDS)
        query.set("wait", String(wait))
        patience -= wait
        messages = await api.get<readonly Message[]>(`/api/groups/${encodeURIComponent(group)}/messages?${query}`)
      } while (messages.length === 0 && patience > 0)
      for (const { id, from, name, text, at, epoch } of messages) {
        output.item({ id, from, name, text, at, epoch }, (it) => {
          const time = new Date(it.at).toLocaleTimeString()
          return `${time}  ${personName({ identity: it.from, name: it.name })}: ${indent(terminalText(it.text))}`
        })
      }
    },
  },
]

/** A later line of a message can't pass for a line of the list. */
function indent(text: string): string {
  return text.replaceAll("\n", "\n          | ")
}
