import type { GroupDetail, Mailbox } from "@starling/peer/contract"
import { Mailbox as MailboxIcon, X } from "lucide-react"
import { useState } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { say } from "../state/toasts.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { LinkDialog } from "./link-dialog.tsx"

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
  const { add, hint, label, linkHint, addFailed } = text.mailboxes
  const take = async (link: string) => {
    await api.addMailbox(group, link)
    refresh.group(group)
    say(text.mailboxes.added)
  }
  const words = {
    title: add,
    description: hint,
    label,
    hint: linkHint,
    submit: text.mailboxes.do,
    failed: addFailed,
  }
  return <LinkDialog open={open} close={close} words={words} take={take} />
}
