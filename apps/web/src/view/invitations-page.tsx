import type { Invitation } from "@starling/peer/contract"
import { TriangleAlert } from "lucide-react"
import { useState } from "react"

import { api } from "../api/client.ts"
import { useNow } from "../state/clock.ts"
import { refresh } from "../state/fetching.ts"
import { useLocale } from "../state/preferences.ts"
import { go } from "../state/route.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { ago } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Avatar } from "./avatar.tsx"
import { EmptyState } from "./empty-state.tsx"
import { PageHead } from "./page-head.tsx"
import { PersonName, PlainName } from "./person-name.tsx"

export function InvitationsPage() {
  const text = useText()
  const invitations = useWorld((world) => world.invitations)
  return (
    <main className="page">
      <PageHead title={text.invitations.title} />
      {invitations.length === 0 ? (
        <EmptyState sentence={text.invitations.empty} />
      ) : (
        <ul className="cards" aria-label={text.invitations.title}>
          {invitations.map((invitation) => (
            <InvitationCard key={invitation.group} invitation={invitation} />
          ))}
        </ul>
      )}
    </main>
  )
}

function InvitationCard({ invitation }: { readonly invitation: Invitation }) {
  const text = useText()
  const now = useNow()
  const language = useLocale()
  const [busy, setBusy] = useState(false)
  const { group, name, from, fromName, known, at } = invitation
  const shown = safeName(name) || text.nameless
  const decide = (failed: string, work: () => Promise<void>) => {
    setBusy(true)
    act(failed, async () => {
      try {
        await work()
        refresh.invitations()
        refresh.groups()
      } finally {
        setBusy(false)
      }
    })
  }
  return (
    <li className="card invitation" data-known={known}>
      <Avatar of={group} name={name} shape="group" size="large" />
      <div className="invitation-text">
        <h2 className="section-title">
          <PlainName name={name} />
        </h2>
        <p className="invitation-from">
          <Avatar of={from} name={fromName} size="small" />
          <PersonName identity={from} name={fromName} />
          <span className="meta">{ago(at, now, language)}</span>
        </p>
        {known ? (
          <p className="row-second">{text.invitations.known}</p>
        ) : (
          <p className="warning">
            <TriangleAlert size={16} aria-hidden="true" />
            {text.invitations.stranger}
          </p>
        )}
        <div className="invitation-actions">
          <button
            className={known ? "button primary" : "button"}
            type="button"
            disabled={busy}
            aria-label={text.invitations.acceptOne(shown)}
            onClick={() =>
              decide(text.invitations.acceptFailed, async () => {
                await api.accept(group)
                say(text.invitations.accepted)
                go({ page: "group", group })
              })
            }
          >
            {text.invitations.accept}
          </button>
          <button
            className="button"
            type="button"
            disabled={busy}
            aria-label={text.invitations.declineOne(shown)}
            onClick={() =>
              decide(text.invitations.declineFailed, async () => {
                await api.decline(group)
                say(text.invitations.declined)
              })
            }
          >
            {text.invitations.decline}
          </button>
        </div>
      </div>
    </li>
  )
}
