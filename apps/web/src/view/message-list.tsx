import { ArrowDown } from "lucide-react"
import { useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from "react"
import { Virtualizer, type VirtualizerHandle } from "virtua"

import { useNow } from "../state/clock.ts"
import { refresh } from "../state/fetching.ts"
import { useLocale } from "../state/preferences.ts"
import { rowsOf, type Row } from "../state/rows.ts"
import { useWorld } from "../state/store.ts"
import type { Thread } from "../state/thread.ts"
import { dayName } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { Bubble, PendingBubble } from "./bubble.tsx"
import { MessageDetails } from "./message-details.tsx"
import { BeginNote, GapNote, MembershipNote } from "./notes.tsx"
import { placeAfter } from "./roving.ts"

interface Props {
  readonly group: string
  readonly name: string
  readonly thread: Thread
}

/** Closer to the end than this, in pixels, the list keeps to its newest message. */
const NEAR_END = 60

/** Only what is on screen is in the document; new messages keep the end in view, older ones keep one's place. */
export function MessageList({ group, name, thread }: Props) {
  const text = useText()
  const now = useNow()
  const language = useLocale()
  const timeline = useWorld((world) => world.timelines[group])
  const gaps = useWorld((world) => world.details[group]?.gaps)
  const rows = useMemo(() => rowsOf(thread, timeline ?? [], gaps), [thread, timeline, gaps])
  const list = useRef<VirtualizerHandle>(null)
  const scroller = useRef<HTMLDivElement>(null)
  const [atEnd, setAtEnd] = useState(true)
  const [active, setActive] = useState<string>()
  const [shown, setShown] = useState<string>()
  const oldest = thread.messages[0]?.id
  const [formerOldest, setFormerOldest] = useState(oldest)
  const prepended = formerOldest !== undefined && oldest !== formerOldest && !atEnd

  useLayoutEffect(() => setFormerOldest(oldest), [oldest])
  const lastKey = rows.at(-1)?.key
  useLayoutEffect(() => {
    if (atEnd && rows.length > 0) list.current?.scrollToIndex(rows.length - 1, { align: "end" })
  }, [atEnd, lastKey, rows.length])

  const messages = rows.flatMap((row, index) => (row.kind === "message" ? [{ key: row.key, index }] : []))
  const activeIndex = messages.find(({ key }) => key === active)?.index ?? messages.at(-1)?.index
  const lastOwn = rows.findLast((row) => row.kind === "message" && row.message.mine)?.key
  const details = thread.messages.find(({ id }) => id === shown)

  const loadOlder = () => {
    if (oldest !== undefined && !thread.complete) refresh.olderMessages(group, oldest)
  }
  const scrolled = (offset: number) => {
    const handle = list.current
    if (handle === null) return
    setAtEnd(offset + handle.viewportSize >= handle.scrollSize - NEAR_END)
    if (offset < handle.viewportSize && !atEnd) loadOlder()
  }
  const pressed = (event: KeyboardEvent) => {
    if (!(event.target instanceof HTMLElement) || event.target.dataset["message"] === undefined) return
    const place = messages.findIndex(({ index }) => index === activeIndex)
    const target = messages[placeAfter(event.key, place, messages.length)]
    if (target !== undefined) {
      event.preventDefault()
      setActive(target.key)
      list.current?.scrollToIndex(target.index, { align: "nearest" })
      requestAnimationFrame(() => focusMessage(scroller.current, target.key))
    } else if (event.key === "Enter") {
      event.preventDefault()
      setShown(event.target.dataset["message"])
    }
  }

  const show = (row: Row) => {
    switch (row.kind) {
      case "begin":
        return <BeginNote group={group} />
      case "day":
        return <h2 className="day">{dayName(row.at, now, language, text.chat)}</h2>
      case "gap":
        return <GapNote gap={row.gap} />
      case "note":
        return <MembershipNote entry={row.entry} />
      case "message":
        return (
          <Bubble
            message={row.message}
            first={row.first}
            last={row.last}
            spoken={row.key === lastOwn}
            reachable={rows[activeIndex ?? -1]?.key === row.key}
            focused={() => setActive(row.key)}
            open={() => setShown(row.key)}
          />
        )
      case "pending":
        return <PendingBubble group={group} pending={row.pending} first={row.first} />
    }
  }

  return (
    <div className="log-frame">
      <div
        className="log"
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={text.chat.log(name)}
        onKeyDown={pressed}
      >
        <div className="log-spring" />
        <Virtualizer
          ref={list}
          scrollRef={scroller}
          shift={prepended}
          onScroll={scrolled}
          {...(activeIndex !== undefined && { keepMounted: [activeIndex] })}
        >
          {rows.map((row) => (
            <div className="log-row" key={row.key}>
              {show(row)}
            </div>
          ))}
        </Virtualizer>
      </div>
      {!atEnd && (
        <button
          className="to-end"
          type="button"
          aria-label={text.chat.newest}
          onClick={() => list.current?.scrollToIndex(rows.length - 1, { align: "end" })}
        >
          <ArrowDown size={18} aria-hidden="true" />
        </button>
      )}
      {details && <MessageDetails message={details} close={() => setShown(undefined)} />}
    </div>
  )
}

function focusMessage(scroller: HTMLElement | null, id: string): void {
  scroller?.querySelector<HTMLElement>(`[data-message="${CSS.escape(id)}"]`)?.focus({ preventScroll: true })
}
