import { useState, type FormEvent } from "react"

import { api, USUAL_POLICY } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { go } from "../state/route.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { PolicyChoice } from "./policy-choice.tsx"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly open: boolean
  readonly close: () => void
}

export function NewGroupDialog({ open, close }: Props) {
  const text = useText()
  const [name, setName] = useState("")
  const [policy, setPolicy] = useState(USUAL_POLICY)
  const create = (event: FormEvent) => {
    event.preventDefault()
    act(text.newGroup.failed, async () => {
      const { group } = await api.createGroup(name.trim(), policy)
      refresh.groups()
      setName("")
      setPolicy(USUAL_POLICY)
      close()
      go({ page: "group", group })
    })
  }
  return (
    <Sheet title={text.newGroup.title} open={open} close={close}>
      <form className="sheet-form" onSubmit={create}>
        <label className="field">
          <span className="field-label">{text.newGroup.name}</span>
          <input
            className="input"
            dir="auto"
            autoFocus
            maxLength={128}
            autoComplete="off"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <span className="field-hint">{text.newGroup.hint}</span>
        </label>
        <details className="quiet-choice">
          <summary>{text.roles.policy.sentence[policy.invite][policy.remove]}</summary>
          <PolicyChoice policy={policy} choose={setPolicy} />
        </details>
        <footer className="sheet-foot">
          <button className="button" type="button" onClick={close}>
            {text.cancel}
          </button>
          <button className="button primary" type="submit" disabled={name.trim() === ""}>
            {text.newGroup.create}
          </button>
        </footer>
      </form>
    </Sheet>
  )
}
