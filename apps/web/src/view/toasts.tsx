import { CircleAlert, CircleCheck, X } from "lucide-react"

import { dismiss, useToasts } from "../state/toasts.ts"
import { useText } from "../text/use-text.ts"

/** What was done or is to be known, politely; what failed, at once. Being live, it stays within reach of screen readers while a dialog is open. */
export function Toasts() {
  const text = useText()
  const toasts = useToasts((state) => state.toasts)
  return (
    <div className="toasts" role="region" aria-live="polite" aria-label={text.notices}>
      {toasts.map(({ key, kind, title, detail }) => (
        <div className="toast" data-kind={kind} key={key} role={kind === "failed" ? "alert" : "status"}>
          {kind === "done" ? (
            <CircleCheck size={18} aria-hidden="true" />
          ) : (
            <CircleAlert size={18} aria-hidden="true" />
          )}
          <div className="toast-text">
            <strong dir="auto">{title}</strong>
            {detail !== undefined && <span dir="auto">{detail}</span>}
          </div>
          <button className="icon-button" type="button" aria-label={text.close} onClick={() => dismiss(key)}>
            <X size={16} aria-hidden="true" />
          </button>
        </div>
      ))}
    </div>
  )
}
