import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { go } from "../state/route.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { LinkDialog } from "./link-dialog.tsx"

interface Props {
  readonly open: boolean
  readonly close: () => void
}

/** Adds the person behind a contact link. */
export function AddContactDialog({ open, close }: Props) {
  const text = useText()
  const { title, label, hint, add } = text.paste
  const take = async (link: string) => {
    const contact = await api.addByLink(link)
    refresh.contacts()
    say(text.people.added(safeName(contact.name) || text.nameless))
    go({ page: "people" })
  }
  const words = { title, label, hint, submit: add, failed: text.people.addFailed }
  return <LinkDialog open={open} close={close} words={words} take={take} />
}
