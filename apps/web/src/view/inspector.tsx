import { X } from "lucide-react"
import { Tabs } from "radix-ui"

import { go, hrefOf, type Inspector as Showing } from "../state/route.ts"
import { useText } from "../text/use-text.ts"
import { MembersPanel } from "./members-panel.tsx"
import { TimelinePanel } from "./timeline-panel.tsx"

interface Props {
  readonly group: string
  readonly showing: Showing
}

/** Beside the chat on a wide screen, over it on a narrow one. */
export function Inspector({ group, showing }: Props) {
  const text = useText()
  const label = showing === "members" ? text.members.title : text.timeline.title
  return (
    <aside className="inspector" aria-label={label}>
      <Tabs.Root
        className="inspector-tabs"
        value={showing}
        onValueChange={(value) => go({ page: "group", group, inspector: value === "members" ? "members" : "timeline" })}
      >
        <header className="inspector-head">
          <Tabs.List className="tabs" aria-label={label}>
            <Tabs.Trigger className="tab" value="members">
              {text.members.title}
            </Tabs.Trigger>
            <Tabs.Trigger className="tab" value="timeline">
              {text.timeline.title}
            </Tabs.Trigger>
          </Tabs.List>
          <a className="icon-button" href={hrefOf({ page: "group", group })} aria-label={text.close}>
            <X size={18} aria-hidden="true" />
          </a>
        </header>
        <Tabs.Content className="inspector-body" value="members">
          <MembersPanel group={group} />
        </Tabs.Content>
        <Tabs.Content className="inspector-body" value="timeline">
          <TimelinePanel group={group} />
        </Tabs.Content>
      </Tabs.Root>
    </aside>
  )
}
