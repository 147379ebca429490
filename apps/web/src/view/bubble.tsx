import type { Message } from "@starling/peer/contract"
import { Check, CheckCheck, CircleAlert, Clock, Eye, Mailbox, Radio } from "lucide-react"
import { memo } from "react"

import { sendMessage, discard } from "../state/sending.ts"
import { useLocale } from "../state/preferences.ts"
import type { Pending } from "../state/thread.ts"
import { deliveryText, stageOf } from "../text/delivery.ts"
import { pieces } from "../text/links.ts"
import { safeName } from "../text/safe-name.ts"
import { clock, fullTime } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { Avatar } from "./avatar.tsx"
import { putDraft } from "../state/drafts.ts"
import { PersonName } from "./person-name.tsx"

interface Props {
  readonly message: Message
  /** First and last of a run by one author. */
  readonly first: boolean
  readonly last: boolean
  /** The newest own message says in words how far it came. */
  readonly spoken: boolean
  /** The one message that Tab stops at. */
  readonly reachable: boolean
  readonly focused: () => void
  readonly open: () => void
}

const ICONS = {
  saved: Check,
  network: Radio,
  mailbox: Mailbox,
  some: CheckCheck,
  all: CheckCheck,
  read: Eye,
  ended: CircleAlert,
}

export const Bubble = memo(function Bubble({ message, first, last, spoken, reachable, focused, open }: Props) {
  const text = useText()
  const language = useLocale()
  const time = clock(message.at, language)
  const author = message.mine ? text.timeline.you : safeName(message.name) || text.nameless
  const stage = stageOf(message.delivery)
  const Icon = ICONS[stage]
  const standing = deliveryText(message.delivery, text)
  return (
    <article
      className="message"
      data-mine={message.mine}
      data-first={first}
      data-last={last}
      data-message={message.id}
      aria-label={text.chat.message(author, time)}
      tabIndex={reachable ? 0 : -1}
      onFocus={focused}
      onDoubleClick={open}
    >
      {!message.mine &&
        (last ? <Avatar of={message.from} name={message.name} size="small" /> : <span className="avatar-gap" />)}
      <div className="message-body">
        {first && !message.mine && (
          <span className="message-author">
            <PersonName identity={message.from} name={message.name} />
          </span>
        )}
        <div className="bubble">
          <MessageText text={message.text} />
          <span className="bubble-meta">
            <time dateTime={new Date(message.at).toISOString()} title={fullTime(message.at, language)}>
              {time}
            </time>
            {message.mine && <Icon className="tick" data-stage={stage} size={14} role="img" aria-label={standing} />}
          </span>
        </div>
        {spoken && (
          <span className="standing" aria-hidden="true">
            {standing}
          </span>
        )}
      </div>
    </article>
  )
})

interface PendingProps {
  readonly group: string
  readonly pending: Pending
  readonly first: boolean
}

/** What the daemon has not said to be durable yet. */
export function PendingBubble({ group, pending, first }: PendingProps) {
  const text = useText()
  const failed = pending.state.kind === "failed" ? pending.state : undefined
  return (
    <article
      className="message"
      data-mine="true"
      data-first={first}
      data-last="true"
      aria-label={text.chat.message(text.timeline.you, text.delivery.saving)}
    >
      <div className="message-body">
        <div className="bubble" data-pending={failed ? "failed" : "saving"}>
          <MessageText text={pending.text} />
          <span className="bubble-meta">
            {failed ? (
              <CircleAlert
                className="tick"
                data-stage="failed"
                size={14}
                role="img"
                aria-label={text.delivery.failed}
              />
            ) : (
              <Clock className="tick" size={14} role="img" aria-label={text.delivery.saving} />
            )}
          </span>
        </div>
        {failed && (
          <div className="not-saved" role="alert">
            <span>
              {text.delivery.failed}: {failed.why}
            </span>
            <button
              className="link-button"
              type="button"
              onClick={() => {
                discard(group, pending.key)
                void sendMessage(group, pending.text, text.unreachable)
              }}
            >
              {text.tryAgain}
            </button>
            <button
              className="link-button"
              type="button"
              onClick={() => {
                discard(group, pending.key)
                putDraft(group, pending.text)
              }}
            >
              {text.delivery.edit}
            </button>
          </div>
        )}
      </div>
    </article>
  )
}

function MessageText({ text }: { readonly text: string }) {
  return (
    <p className="message-text" dir="auto">
      {pieces(text).map((piece, index) =>
        piece.kind === "text" ? (
          piece.text
        ) : (
          <a key={index} href={piece.href} dir="ltr" target="_blank" rel="noreferrer noopener">
            {piece.text}
          </a>
        ),
      )}
    </p>
  )
}
