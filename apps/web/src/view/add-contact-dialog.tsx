import { useState, type FormEvent } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { go } from "../state/route.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly open: boolean
  readonly close: () => void
}

/** Adds the person behind a contact link. */
export function AddContactDialog({ open, close }: Props) {
  const text = useText()
  const [link, setLink] = useState("")
  const add = (event: FormEvent) => {
    event.preventDefault()
    act(text.people.addFailed, async () => {
      const contact = await api.addByLink(link.trim())
      refresh.contacts()
      setLink("")
      close()
      say(text.people.added(safeName(contact.name) || text.nameless))
      go({ page: "people" })
    })
  }
  return (
    <Sheet title={text.paste.title} open={open} close={close}>
      <form className="sheet-form" onSubmit={add}>
        <label className="field">
          <span className="field-label">{text.paste.label}</span>
          <textarea
            className="input mono"
            dir="ltr"
            autoFocus
            rows={4}
            spellCheck={false}
            autoComplete="off"
            value={link}
            onChange={(event) => setLink(event.target.value)}
          />
          <span className="field-hint">{text.paste.hint}</span>
        </label>
        <footer className="sheet-foot">
          <button className="button" type="button" onClick={close}>
            {text.cancel}
          </button>
          <button className="button primary" type="submit" disabled={link.trim() === ""}>
            {text.paste.add}
          </button>
        </footer>
      </form>
    </Sheet>
  )
}
