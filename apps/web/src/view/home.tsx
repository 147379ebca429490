import { Link2, Plus, Radio } from "lucide-react"
import { useState } from "react"

import { hrefOf } from "../state/route.ts"
import { useWorld } from "../state/store.ts"
import { useText } from "../text/use-text.ts"
import { AddContactDialog } from "./add-contact-dialog.tsx"
import { Logo } from "./logo.tsx"
import { NewGroupDialog } from "./new-group-dialog.tsx"
import { safeName } from "../text/safe-name.ts"

/** Three doors: who is near, a new group, a link that somebody sent. */
export function Home() {
  const text = useText()
  const name = useWorld((world) => world.status?.name ?? "")
  const nearby = useWorld((world) => world.nearby.length)
  const [open, setOpen] = useState<"group" | "link">()
  return (
    <main className="page home">
      <span className="home-mark">
        <Logo size={64} />
      </span>
      <h1 className="screen-title" dir="auto">
        {text.home.title(safeName(name))}
      </h1>
      <p className="lead home-lead">{text.home.lead}</p>
      <div className="doors">
        <a className="door" href={hrefOf({ page: "people" })}>
          <Radio size={22} aria-hidden="true" />
          <span className="door-title">{text.home.nearby}</span>
          <span className="door-hint">{text.home.nearbyHint(nearby)}</span>
        </a>
        <button className="door" type="button" onClick={() => setOpen("group")}>
          <Plus size={22} aria-hidden="true" />
          <span className="door-title">{text.home.newGroup}</span>
          <span className="door-hint">{text.home.newGroupHint}</span>
        </button>
        <button className="door" type="button" onClick={() => setOpen("link")}>
          <Link2 size={22} aria-hidden="true" />
          <span className="door-title">{text.home.paste}</span>
          <span className="door-hint">{text.home.pasteHint}</span>
        </button>
      </div>
      <NewGroupDialog open={open === "group"} close={() => setOpen(undefined)} />
      <AddContactDialog open={open === "link"} close={() => setOpen(undefined)} />
    </main>
  )
}
