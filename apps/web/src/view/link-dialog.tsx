import { useState, type FormEvent } from "react"

import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly open: boolean
  readonly close: () => void
  readonly words: {
    readonly title: string
    readonly description?: string
    readonly label: string
    readonly hint: string
    readonly submit: string
    readonly failed: string
  }
  /** Acts on the link; where it fails, the dialog stays with what was pasted. */
  readonly take: (link: string) => Promise<void>
}

/** Asks for one pasted link. */
export function LinkDialog({ open, close, words, take }: Props) {
  const text = useText()
  const [link, setLink] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    act(words.failed, async () => {
      await take(link.trim())
      setLink("")
      close()
    })
  }
  return (
    <Sheet title={words.title} open={open} close={close} description={words.description}>
      <form className="sheet-form" onSubmit={submit}>
        <label className="field">
          <span className="field-label">{words.label}</span>
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
          <span className="field-hint">{words.hint}</span>
        </label>
        <footer className="sheet-foot">
          <button className="button" type="button" onClick={close}>
            {text.cancel}
          </button>
          <button className="button primary" type="submit" disabled={link.trim() === ""}>
            {words.submit}
          </button>
        </footer>
      </form>
    </Sheet>
  )
}
