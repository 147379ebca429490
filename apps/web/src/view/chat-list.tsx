import type { GroupSummary } from "@starling/peer/contract"
import { Inbox, Plus } from "lucide-react"
import { useState } from "react"

import { useNow } from "../state/clock.ts"
import { useLocale } from "../state/preferences.ts"
import { hrefOf, type Route } from "../state/route.ts"
import { useWorld } from "../state/store.ts"
import { safeName } from "../text/safe-name.ts"
import { shortTime } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { Avatar } from "./avatar.tsx"
import { NewGroupDialog } from "./new-group-dialog.tsx"
import { PlainName } from "./person-name.tsx"
import { moveAmongRows } from "./roving.ts"

/** Every group, the one with the newest message first. */
export function ChatList({ route }: { readonly route: Route }) {
  const text = useText()
  const groups = useWorld((world) => world.groups)
  const known = useWorld((world) => world.groupsKnown)
  const invitations = useWorld((world) => world.invitations.length)
  const [naming, setNaming] = useState(false)
  const open = route.page === "group" ? route.group : undefined
  const sorted = [...groups].sort((one, other) => (other.lastMessage?.at ?? 0) - (one.lastMessage?.at ?? 0))
  const first = sorted.some(({ group }) => group === open) ? open : sorted[0]?.group
  return (
    <section className="list-pane" aria-label={text.chats.title}>
      <header className="pane-head">
        <h2 className="pane-title">{text.chats.title}</h2>
        <button className="icon-button" type="button" aria-label={text.newGroup.title} onClick={() => setNaming(true)}>
          <Plus size={20} aria-hidden="true" />
        </button>
      </header>
      {invitations > 0 && (
        <a className="invitations-card" href={hrefOf({ page: "invitations" })}>
          <Inbox size={18} aria-hidden="true" />
          <span>{text.home.invitations(invitations)}</span>
        </a>
      )}
      {known && groups.length === 0 ? (
        <p className="quiet-note padded">{text.chats.empty}</p>
      ) : (
        <ul className="chat-rows" aria-label={text.chats.list} onKeyDown={moveAmongRows}>
          {sorted.map((group) => (
            <ChatRow key={group.group} group={group} open={group.group === open} reachable={group.group === first} />
          ))}
        </ul>
      )}
      <NewGroupDialog open={naming} close={() => setNaming(false)} />
    </section>
  )
}

interface RowProps {
  readonly group: GroupSummary
  readonly open: boolean
  /** The one row of the list that Tab stops at. */
  readonly reachable: boolean
}

function ChatRow({ group, open, reachable }: RowProps) {
  const text = useText()
  const now = useNow()
  const language = useLocale()
  const own = useWorld((world) => world.status?.identity)
  const { lastMessage, unread, state } = group
  return (
    <li>
      <a
        className="chat-row"
        href={hrefOf({ page: "group", group: group.group })}
        aria-current={open ? "page" : undefined}
        data-roving
        tabIndex={reachable ? 0 : -1}
      >
        <Avatar of={group.group} name={group.name} shape="group" />
        <span className="row-text">
          <span className="chat-row-top">
            <PlainName name={group.name} />
            {lastMessage && <span className="meta">{shortTime(lastMessage.at, now, language)}</span>}
          </span>
          <span className="chat-row-bottom">
            <span className="row-second" dir="auto">
              {state === "active" ? preview(lastMessage, own, text) : text.chats.state[state]}
            </span>
            {unread > 0 && (
              <span className="count" role="img" aria-label={text.nav.unread(unread)}>
                {Math.min(unread, 99)}
              </span>
            )}
          </span>
        </span>
      </a>
    </li>
  )
}

function preview(last: GroupSummary["lastMessage"], own: string | undefined, text: ReturnType<typeof useText>): string {
  if (last === undefined) return text.chats.noMessages
  return last.from === own ? text.chats.mine(last.text) : `${safeName(last.name) || text.nameless}: ${last.text}`
}
