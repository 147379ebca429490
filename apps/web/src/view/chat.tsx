import { ArrowLeft, History, Lock, UserPlus, Users } from "lucide-react"
import { useEffect, useState } from "react"

import { api } from "../api/client.ts"
import { useNow } from "../state/clock.ts"
import { refresh } from "../state/fetching.ts"
import { useLocale } from "../state/preferences.ts"
import { hrefOf, type Inspector } from "../state/route.ts"
import { change, useWorld } from "../state/store.ts"
import { openThread } from "../state/world.ts"
import { safeName } from "../text/safe-name.ts"
import { ago } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { Avatar } from "./avatar.tsx"
import { Composer } from "./composer.tsx"
import { EmptyState } from "./empty-state.tsx"
import { InviteDialog } from "./invite-dialog.tsx"
import { MessageList } from "./message-list.tsx"
import { PlainName } from "./person-name.tsx"

interface Props {
  readonly group: string
  readonly inspector: Inspector | undefined
}

export function Chat({ group, inspector }: Props) {
  const text = useText()
  const summary = useWorld((world) => world.groups.find((one) => one.group === group))
  const known = useWorld((world) => world.groupsKnown)
  const thread = useWorld((world) => world.threads[group])
  const mayInvite = useWorld((world) => world.details[group]?.may.invite)
  const [inviting, setInviting] = useState(false)

  useEffect(() => {
    change((world) => openThread(world, group))
    refresh.group(group)
    refresh.messages(group)
  }, [group])
  useMarkRead(group, summary?.unread ?? 0)

  if (summary === undefined) {
    return <main className="page">{known && <EmptyState sentence={text.chat.unknown} />}</main>
  }
  const name = safeName(summary.name) || text.nameless
  const silent = thread?.complete === true && thread.messages.length === 0 && thread.pending.length === 0
  return (
    <main className="chat">
      <header className="chat-head">
        <a className="icon-button phone-only" href={hrefOf({ page: "home" })} aria-label={text.back}>
          <ArrowLeft className="flip" size={20} aria-hidden="true" />
        </a>
        <Avatar of={group} name={summary.name} shape="group" />
        <span className="chat-head-text">
          <h1 className="chat-title">
            <PlainName name={summary.name} />
          </h1>
          <EpochChip group={group} epoch={summary.epoch} />
        </span>
        <a
          className="icon-button"
          href={hrefOf(
            inspector === "members" ? { page: "group", group } : { page: "group", group, inspector: "members" },
          )}
          aria-label={text.chat.showMembers}
          aria-current={inspector === "members" ? "true" : undefined}
          title={text.chat.members(summary.members)}
        >
          <Users size={20} aria-hidden="true" />
        </a>
        <a
          className="icon-button"
          href={hrefOf(
            inspector === "timeline" ? { page: "group", group } : { page: "group", group, inspector: "timeline" },
          )}
          aria-label={text.chat.showTimeline}
          aria-current={inspector === "timeline" ? "true" : undefined}
          title={text.chat.showTimeline}
        >
          <History size={20} aria-hidden="true" />
        </a>
      </header>
      {thread && <MessageList group={group} name={name} thread={thread} />}
      {silent && (
        <div className="chat-empty">
          {summary.members <= 1 ? (
            <EmptyState
              title={text.chat.aloneTitle}
              sentence={mayInvite === false ? text.roles.adminsInvite : text.chat.alone}
            >
              {mayInvite === true && (
                <button className="button primary" type="button" onClick={() => setInviting(true)}>
                  <UserPlus size={16} aria-hidden="true" />
                  {text.members.invite}
                </button>
              )}
            </EmptyState>
          ) : (
            <EmptyState title={text.chat.emptyTitle} sentence={text.chat.empty} />
          )}
        </div>
      )}
      {summary.state === "active" ? (
        <Composer group={group} name={name} />
      ) : (
        <p className="closed-note">{text.chat.closed[summary.state]}</p>
      )}
      <InviteDialog group={group} name={summary.name} open={inviting} close={() => setInviting(false)} />
    </main>
  )
}

/** The calm summary of a group's keys; more of it is one step away. */
function EpochChip({ group, epoch }: { readonly group: string; readonly epoch: number }) {
  const text = useText()
  const now = useNow()
  const language = useLocale()
  const renewed = useWorld((world) => world.timelines[group]?.findLast((entry) => entry.chosen)?.at)
  return (
    <a className="chip" href={hrefOf({ page: "group", group, inspector: "timeline" })}>
      <Lock size={12} aria-hidden="true" />
      <span>{text.chat.epoch(epoch)}</span>
      {renewed !== undefined && <span className="chip-ago"> · {text.chat.renewed(ago(renewed, now, language))}</span>}
    </a>
  )
}

/** Tells the daemon that everything on screen was seen, while this window is what its person looks at. */
function useMarkRead(group: string, unread: number): void {
  const [visible, setVisible] = useState(document.visibilityState === "visible")
  useEffect(() => {
    const changed = () => setVisible(document.visibilityState === "visible")
    document.addEventListener("visibilitychange", changed)
    return () => document.removeEventListener("visibilitychange", changed)
  }, [])
  useEffect(() => {
    if (!visible || unread === 0) return
    // Failing to tell it only leaves the count as it was; the next look tells it again.
    api.markRead(group).then(refresh.groups, () => undefined)
  }, [group, unread, visible])
}
