import { MessageCircle, UserPlus } from "lucide-react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Avatar } from "./avatar.tsx"
import { PersonName } from "./person-name.tsx"
import { useStartChat } from "./start-chat.ts"

/** Who is on this network right now. */
export function NearbyList() {
  const text = useText()
  const nearby = useWorld((world) => world.nearby)
  const startChat = useStartChat()
  if (nearby.length === 0) return <p className="quiet-note">{text.people.nearbyEmpty}</p>
  return (
    <ul className="rows" aria-label={text.people.nearby}>
      {nearby.map((person) => {
        const name = safeName(person.name) || text.nameless
        return (
          <li className="row" key={person.peerId}>
            <Avatar of={person.identity} name={person.name} online />
            <span className="row-text">
              <PersonName identity={person.identity} name={person.name} />
              <span className="row-second">{person.contact ? text.people.contact : text.people.stranger}</span>
            </span>
            {!person.contact && (
              <button
                className="icon-button"
                type="button"
                title={text.people.add}
                aria-label={text.people.addOne(name)}
                onClick={() =>
                  act(text.people.addFailed, async () => {
                    await api.addNearby(person.identity)
                    refresh.contacts()
                    refresh.nearby()
                    say(text.people.added(name))
                  })
                }
              >
                <UserPlus size={18} aria-hidden="true" />
              </button>
            )}
            <button
              className="button"
              type="button"
              aria-label={text.people.chatWith(name)}
              onClick={() => startChat(person)}
            >
              <MessageCircle size={16} aria-hidden="true" />
              {text.people.chat}
            </button>
          </li>
        )
      })}
    </ul>
  )
}
