import { X } from "lucide-react"
import { AlertDialog, Dialog } from "radix-ui"
import type { ReactNode } from "react"

import { useText } from "../text/use-text.ts"

interface Props {
  readonly title: ReactNode
  readonly open: boolean
  readonly close: () => void
  readonly description?: ReactNode
  readonly children: ReactNode
}

/** A dialog over the page. The backdrop is our own: the library's brings a stylesheet that the page's policy refuses. */
export function Sheet({ title, open, close, description, children }: Props) {
  const text = useText()
  return (
    <Dialog.Root open={open} onOpenChange={(now) => !now && close()}>
      <Dialog.Portal>
        <div className="backdrop" />
        <Dialog.Content
          className="sheet"
          onInteractOutside={keepOpenForNotices}
          {...(description === undefined && { "aria-describedby": undefined })}
        >
          <header className="sheet-head">
            <Dialog.Title className="sheet-title">{title}</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label={text.close}>
              <X size={18} aria-hidden="true" />
            </Dialog.Close>
          </header>
          {description !== undefined && <Dialog.Description className="sheet-lead">{description}</Dialog.Description>}
          {children}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

interface QuestionProps {
  readonly title: ReactNode
  readonly body: ReactNode
  readonly yes: string
  readonly open: boolean
  readonly close: () => void
  readonly agreed: () => void
}

/** Asks before something that can't be taken back. */
export function Question({ title, body, yes, open, close, agreed }: QuestionProps) {
  const text = useText()
  return (
    <AlertDialog.Root open={open} onOpenChange={(now) => !now && close()}>
      <AlertDialog.Portal>
        <div className="backdrop" />
        <AlertDialog.Content className="sheet">
          <AlertDialog.Title className="sheet-title">{title}</AlertDialog.Title>
          <AlertDialog.Description className="sheet-lead">{body}</AlertDialog.Description>
          <footer className="sheet-foot">
            <AlertDialog.Cancel className="button">{text.cancel}</AlertDialog.Cancel>
            <AlertDialog.Action className="button danger" onClick={agreed}>
              {yes}
            </AlertDialog.Action>
          </footer>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  )
}

/** Closing a notice is no reason to close the dialog that it came from. */
function keepOpenForNotices(event: Event): void {
  if (event.target instanceof Element && event.target.closest(".toasts")) event.preventDefault()
}
