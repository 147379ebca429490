import { SendHorizontal } from "lucide-react"
import { useEffect, useLayoutEffect, useRef, type KeyboardEvent } from "react"

import { putDraft, useDrafts } from "../state/drafts.ts"
import { sendMessage } from "../state/sending.ts"
import { useText } from "../text/use-text.ts"

interface Props {
  readonly group: string
  readonly name: string
}

const TALLEST = 160

export function Composer({ group, name }: Props) {
  const text = useText()
  const draft = useDrafts((drafts) => drafts[group] ?? "")
  const field = useRef<HTMLTextAreaElement>(null)

  useEffect(() => {
    // On a touch screen, opening a chat is for reading first: the keyboard would cover it.
    if (matchMedia("(hover: hover)").matches) field.current?.focus()
  }, [])
  useLayoutEffect(() => {
    const box = field.current
    if (box === null) return
    box.style.height = "auto"
    box.style.height = `${Math.min(box.scrollHeight, TALLEST)}px`
  }, [draft])

  const send = () => {
    if (draft.trim() === "") return
    putDraft(group, "")
    void sendMessage(group, draft.trim(), text.unreachable)
  }
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      send()
    }
    if (event.key === "Escape") {
      event.preventDefault()
      const message = document.querySelector<HTMLElement>('.log [data-message][tabindex="0"]')
      if (message) message.focus()
      else field.current?.blur()
    }
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
        field.current?.focus()
      }}
    >
      <textarea
        ref={field}
        className="composer-field"
        dir="auto"
        rows={1}
        aria-label={text.chat.compose}
        placeholder={text.chat.placeholder(name)}
        title={text.chat.hint}
        value={draft}
        onChange={(event) => putDraft(group, event.target.value)}
        onKeyDown={pressed}
      />
      <button className="send" type="submit" aria-label={text.chat.send} disabled={draft.trim() === ""}>
        <SendHorizontal className="flip" size={20} aria-hidden="true" />
      </button>
    </form>
  )
}
