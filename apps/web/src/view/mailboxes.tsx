import type { GroupDetail, Mailbox } from "@starling/peer/contract"
import { Mailbox as MailboxIcon, X } from "lucide-react"
import { useState, type FormEvent } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { say } from "../state/toasts.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Sheet } from "./sheet.tsx"

/** Who keeps the group's ciphertext for members who are away. */
export function Mailboxes({ detail }: { readonly detail: GroupDetail }) {
  const text = useText()
  const [adding, setAdding] = useState(false)
  const active = detail.state === "active" && detail.may.chooseMailboxes
  return (
    <section className="mailboxes" aria-labelledby="mailboxes">
      <h3 className="field-label" id="mailboxes">
        {text.mailboxes.title}
      </h3>
      <p className="row-second">{detail.mailboxes.length === 0 ? text.mailboxes.none : text.mailboxes.hint}</p>
      <ul className="rows" aria-labelledby="mailboxes">
        {detail.mailboxes.map((mailbox) => (
          <MailboxRow key={mailbox.peerId} group={detail.group} mailbox={mailbox} active={active} />
        ))}
      </ul>
      {active && (
        <button className="button wide" type="button" onClick={() => setAdding(true)}>
          <MailboxIcon size={16} aria-hidden="true" />
          {text.mailboxes.add}
        </button>
      )}
      <AddMailboxDialog group={detail.group} open={adding} close={() => setAdding(false)} />
    </section>
  )
}

interface RowProps {
  readonly group: string
  readonly mailbox: Mailbox
  readonly active: boolean
}

function MailboxRow({ group, mailbox, active }: RowProps) {
  const text = useText()
  const name = `…${mailbox.peerId.slice(-10)}`
  const remove = () =>
    act(text.mailboxes.removeFailed, async () => {
      await api.removeMailbox(group, mailbox.peerId)
      refresh.group(group)
      say(text.mailboxes.removed)
    })
  return (
    <li className="row">
      <span className="row-text">
        <span className="mono-block" dir="ltr">
          {name}
        </span>
        <span className="row-second">{mailbox.connected ? text.mailboxes.connected : text.mailboxes.away}</span>
      </span>
      {active && (
        <button className="icon-button" type="button" aria-label={text.mailboxes.removeOne(name)} onClick={remove}>
          <X size={18} aria-hidden="true" />
        </button>
      )}
    </li>
  )
}

interface DialogProps {
  readonly group: string
  readonly open: boolean
  readonly close: () => void
}

function AddMailboxDialog({ group, open, close }: DialogProps) {
  const text = useText()
  const [link, setLink] = useState("")
  const add = (event: FormEvent) => {
    event.preventDefault()
    act(text.mailboxes.addFailed, async () => {
      await api.addMailbox(group, link.trim())
      refresh.group(group)
      setLink("")
      close()
      say(text.mailboxes.added)
    })
  }
  return (
    <Sheet title={text.mailboxes.add} open={open} close={close} description={text.mailboxes.hint}>
      <form className="sheet-form" onSubmit={add}>
        <label className="field">
          <span className="field-label">{text.mailboxes.label}</span>
          <textarea
            className="input mono"
            dir="ltr"
            autoFocus
            rows={3}
            spellCheck={false}
            autoComplete="off"
            value={link}
            onChange={(event) => setLink(event.target.value)}
          />
          <span className="field-hint">{text.mailboxes.linkHint}</span>
        </label>
        <footer className="sheet-foot">
          <button className="button" type="button" onClick={close}>
            {text.cancel}
          </button>
          <button className="button primary" type="submit" disabled={link.trim() === ""}>
            {text.mailboxes.do}
          </button>
        </footer>
      </form>
    </Sheet>
  )
}
