import { MessageCircle, Settings, Users } from "lucide-react"
import type { ReactNode } from "react"

import { hrefOf, type Route } from "../state/route.ts"
import { useWorld } from "../state/store.ts"
import { useText } from "../text/use-text.ts"
import { Logo } from "./logo.tsx"

/** The rail; below the list on a tablet, along the bottom on a phone. */
export function Navigation({ route }: { readonly route: Route }) {
  const text = useText()
  const unread = useWorld((world) => world.groups.reduce((sum, group) => sum + group.unread, 0))
  const invitations = useWorld((world) => world.invitations.length)
  const peers = useWorld((world) => world.status?.peers.length ?? 0)
  const pool = useWorld((world) => world.entropy?.pool)
  const waiting = [
    ...(unread > 0 ? [text.nav.unread(unread)] : []),
    ...(invitations > 0 ? [text.nav.waiting(invitations)] : []),
  ]
  const inChats = route.page === "home" || route.page === "group" || route.page === "invitations"
  return (
    <nav className="rail" aria-label={text.nav.label}>
      <span className="rail-logo">
        <Logo size={36} />
      </span>
      <Door to={{ page: "home" }} here={inChats} label={text.nav.chats} notes={waiting}>
        <MessageCircle size={22} aria-hidden="true" />
        {waiting.length > 0 && (
          <span className="rail-badge" aria-hidden="true">
            {Math.min(unread + invitations, 99)}
          </span>
        )}
      </Door>
      <Door to={{ page: "people" }} here={route.page === "people"} label={text.nav.people} notes={[]}>
        <Users size={22} aria-hidden="true" />
      </Door>
      <Door to={{ page: "entropy" }} here={route.page === "entropy"} label={text.nav.entropy} notes={[]}>
        <MiniRing filled={pool ? pool.bytes / pool.capacity : 0} />
      </Door>
      <Door
        to={{ page: "settings" }}
        here={route.page === "settings"}
        label={text.nav.settings}
        notes={[text.nav.peers(peers)]}
      >
        <Settings size={22} aria-hidden="true" />
        <span className="rail-dot" data-on={peers > 0} title={text.nav.peers(peers)} />
      </Door>
    </nav>
  )
}

interface DoorProps {
  readonly to: Route
  readonly here: boolean
  readonly label: string
  /** Told to screen readers after the label. */
  readonly notes: readonly string[]
  readonly children: ReactNode
}

function Door({ to, here, label, notes, children }: DoorProps) {
  return (
    <a className="rail-door" href={hrefOf(to)} aria-current={here ? "page" : undefined}>
      <span className="rail-icon">{children}</span>
      <span className="rail-label">{label}</span>
      {notes.length > 0 && <span className="for-readers">, {notes.join(", ")}</span>}
    </a>
  )
}

function MiniRing({ filled }: { readonly filled: number }) {
  return (
    <svg className="mini-ring" viewBox="0 0 22 22" width="22" height="22" aria-hidden="true">
      <circle className="ring-track" cx="11" cy="11" r="8.5" />
      <circle
        className="ring-quantum"
        cx="11"
        cy="11"
        r="8.5"
        pathLength="100"
        strokeDasharray={`${Math.round(filled * 100)} 100`}
        transform="rotate(-90 11 11)"
      />
      <circle className="ring-core" cx="11" cy="11" r="3" />
    </svg>
  )
}
