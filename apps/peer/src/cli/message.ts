import type { Gap, GroupDetail, Message, MessageDelivery } from "../api/contract.ts"
import type { ApiClient } from "./api-client.ts"
import type { Command } from "./command.ts"
import { secondsOption } from "./options.ts"
import { personName } from "./person-name.ts"
import { terminalText } from "./terminal-text.ts"

/** The API holds one call no longer than this; longer waits are several calls. */
const LONGEST_CALL_SECONDS = 60
const MESSAGES_PER_CALL = 1000

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
    summary: "the messages of a group, oldest first; they count as read then",
    async run({ connect, output, options, arguments: [group = ""] }) {
      const path = `/api/groups/${encodeURIComponent(group)}/messages`
      const { since } = options
      const api = connect()
      const messages =
        since === undefined
          ? await readBack(api, path, secondsOption(options) ?? 0)
          : await readOn(api, path, since, secondsOption(options) ?? 0)
      const { gaps } = await api.get<GroupDetail>(`/api/groups/${encodeURIComponent(group)}`)
      for (const { id, from, name, text, at, epoch, delivery } of messages) {
        for (const gap of gaps) if (gap.before === id) output.note(gapLine(gap))
        output.item({ id, from, name, text, at, epoch, ...(delivery === undefined ? {} : { delivery }) }, (it) => {
          const time = new Date(it.at).toLocaleTimeString()
          const standing = delivery === undefined ? "" : `  (${standingOf(delivery)})`
          return `${time}  ${personName({ identity: it.from, name: it.name })}: ${indent(terminalText(it.text))}${standing}`
        })
      }
      for (const gap of gaps) if (gap.before === undefined) output.note(gapLine(gap))
      await api.tell(`/api/groups/${encodeURIComponent(group)}/read`)
    },
  },
]

/** A gap says who is missed and how much; what it was, nobody here knows. */
function gapLine({ why, from, name, count }: Gap): string {
  const messages = `${count === 1 ? "a message" : `${count} messages`} of ${personName({ identity: from, name })}`
  if (why === "too-many") return `--  ${messages} still to come: more than are taken of one device in a day`
  return `--  ${messages} ${count === 1 ? "is" : "are"} missing here`
}

/** No more than is known. */
function standingOf({ reached, delivered, recipients, read, mailboxes, ended }: MessageDelivery): string {
  if (ended) return `delivered ${delivered} of ${recipients}, may not have reached everybody`
  const kept = mailboxes > 0 ? ", kept by a mailbox" : ""
  const seen = read > 0 ? `, read on ${read}` : ""
  if (delivered > 0) return `delivered ${delivered} of ${recipients}${seen}${kept}`
  return `${reached > 0 ? "on the network" : "saved"}${kept}`
}

/** Everything there is; waits for a first message where there is none. */
async function readBack(api: ApiClient, path: string, patience: number): Promise<readonly Message[]> {
  let page = await waitFor(api, path, {}, patience)
  const pages = [page]
  while (page.length === MESSAGES_PER_CALL) {
    page = await api.get<readonly Message[]>(`${path}?${query({ before: page[0]?.id ?? "" })}`)
    pages.unshift(page)
  }
  return pages.flat()
}

/** Everything after `since`; waits for a next message where there is none. */
async function readOn(api: ApiClient, path: string, since: string, patience: number): Promise<readonly Message[]> {
  let page = await waitFor(api, path, { since }, patience)
  const pages = [page]
  while (page.length === MESSAGES_PER_CALL) {
    page = await api.get<readonly Message[]>(`${path}?${query({ since: page.at(-1)?.id ?? "" })}`)
    pages.push(page)
  }
  return pages.flat()
}

async function waitFor(
  api: ApiClient,
  path: string,
  range: Record<string, string>,
  patience: number,
): Promise<readonly Message[]> {
  let left = patience
  for (;;) {
    const wait = Math.min(left, LONGEST_CALL_SECONDS)
    left -= wait
    const page = await api.get<readonly Message[]>(`${path}?${query({ ...range, wait: String(wait) })}`)
    if (page.length > 0 || left <= 0) return page
  }
}

function query(range: Record<string, string>): string {
  return new URLSearchParams({ limit: String(MESSAGES_PER_CALL), ...range }).toString()
}

/** A later line of a message can't pass for a line of the list. */
function indent(text: string): string {
  return text.replaceAll("\n", "\n          | ")
}
