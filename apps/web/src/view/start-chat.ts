import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { go } from "../state/route.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { endFirstRun } from "../state/first-run.ts"

/** A group of two: makes a contact of somebody nearby where that is still to do, then a group, then the invitation. */
export function useStartChat(): (person: { identity: string; name: string }) => void {
  const text = useText()
  const own = useWorld((world) => world.status?.name ?? "")
  const contacts = useWorld((world) => world.contacts)
  return ({ identity, name }) => {
    const other = safeName(name) || text.nameless
    act(text.people.chatFailed, async () => {
      if (!contacts.some((contact) => contact.identity === identity)) await api.addNearby(identity)
      const { group } = await api.createGroup(text.people.chatName(safeName(own), other))
      const { state } = await api.invite(group, identity)
      refresh.contacts()
      refresh.nearby()
      refresh.groups()
      endFirstRun()
      go({ page: "group", group })
      say(state === "invited" ? text.invite.invited(other) : text.invite.waiting(other))
    })
  }
}
