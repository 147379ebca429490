import { useState, type FormEvent } from "react"

import { go } from "../state/route.ts"
import { useWorld } from "../state/store.ts"
import { skeleton } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { Avatar } from "./avatar.tsx"
import { PlainName } from "./person-name.tsx"
import { moveAmongRows } from "./roving.ts"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly open: boolean
  readonly close: () => void
}

/** Ctrl K: a few letters of a group's name, Enter, and there. */
export function JumpDialog({ open, close }: Props) {
  const text = useText()
  const groups = useWorld((world) => world.groups)
  const [query, setQuery] = useState("")
  const found = groups.filter(({ name }) => skeleton(name).includes(skeleton(query)))
  const jump = (group: string | undefined) => {
    if (group === undefined) return
    setQuery("")
    close()
    go({ page: "group", group })
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    jump(found[0]?.group)
  }
  return (
    <Sheet title={text.chats.jump} open={open} close={close}>
      <form className="sheet-form" onSubmit={submit} onKeyDown={moveAmongRows}>
        <input
          className="input"
          dir="auto"
          autoFocus
          type="search"
          aria-label={text.chats.jump}
          data-roving
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        {found.length === 0 && <p className="quiet-note">{text.chats.jumpNothing(query)}</p>}
        <ul className="rows jump-rows">
          {found.map(({ group, name }) => (
            <li key={group}>
              <button className="jump-row" type="button" data-roving onClick={() => jump(group)}>
                <Avatar of={group} name={name} shape="group" size="small" />
                <PlainName name={name} />
              </button>
            </li>
          ))}
        </ul>
      </form>
    </Sheet>
  )
}
