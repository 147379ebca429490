import { useState } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName, skeleton } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Avatar } from "./avatar.tsx"
import { PersonName } from "./person-name.tsx"
import { Sheet } from "./sheet.tsx"

interface Props {
  readonly group: string
  readonly name: string
  readonly open: boolean
  readonly close: () => void
}

interface Candidate {
  readonly identity: string
  readonly name: string
  readonly contact: boolean
  readonly online: boolean
  readonly verified: boolean
}

/** Contacts, and who is nearby, except for those who are in the group already. */
export function InviteDialog({ group, name, open, close }: Props) {
  const text = useText()
  const detail = useWorld((world) => world.details[group])
  const contacts = useWorld((world) => world.contacts)
  const nearby = useWorld((world) => world.nearby)
  const [query, setQuery] = useState("")
  const inside = new Set([...(detail?.members ?? []), ...(detail?.waiting ?? [])].map(({ identity }) => identity))
  const known = new Set(contacts.map(({ identity }) => identity))
  const candidates: readonly Candidate[] = [
    ...contacts.map(({ identity, name, online, verified }) => ({ identity, name, contact: true, online, verified })),
    ...nearby
      .filter(({ identity }) => !known.has(identity))
      .map(({ identity, name }) => ({ identity, name, contact: false, online: true, verified: false })),
  ]
  const shown = candidates.filter((person) => skeleton(person.name).includes(skeleton(query)))

  const invite = (person: Candidate) => {
    const who = safeName(person.name) || text.nameless
    act(text.invite.failed, async () => {
      if (!person.contact) await api.addNearby(person.identity)
      const { state } = await api.invite(group, person.identity)
      refresh.group(group)
      refresh.groups()
      if (!person.contact) refresh.contacts()
      say(state === "invited" ? text.invite.invited(who) : text.invite.waiting(who))
    })
  }
  return (
    <Sheet title={<bdi>{text.invite.title(safeName(name))}</bdi>} open={open} close={close}>
      {candidates.length === 0 ? (
        <p className="quiet-note">{text.invite.nobody}</p>
      ) : (
        <input
          className="input"
          dir="auto"
          autoFocus
          type="search"
          aria-label={text.invite.search}
          placeholder={text.invite.search}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      )}
      {candidates.length > 0 && shown.length === 0 && <p className="quiet-note">{text.invite.nothing(query)}</p>}
      <ul className="rows sheet-rows" aria-label={text.people.title}>
        {shown.map((person) => (
          <li className="row" key={person.identity}>
            <Avatar of={person.identity} name={person.name} online={person.online} />
            <span className="row-text">
              <PersonName identity={person.identity} name={person.name} verified={person.verified} />
              <span className="row-second">
                {person.contact ? (person.online ? text.people.online : text.people.offline) : text.people.stranger}
              </span>
            </span>
            {inside.has(person.identity) ? (
              <span className="row-second">{text.invite.asked}</span>
            ) : (
              <button
                className="button primary"
                type="button"
                aria-label={text.invite.one(safeName(person.name) || text.nameless)}
                onClick={() => invite(person)}
              >
                {text.invite.do}
              </button>
            )}
          </li>
        ))}
      </ul>
    </Sheet>
  )
}
