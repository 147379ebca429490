import type { Member, Role } from "@starling/peer/contract"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { textNow } from "../text/use-text.ts"
import { act } from "./act.ts"

/** Gives a member of a group another role, and says so. */
export function giveRole(group: string, { identity, name, self }: Member, role: Role): void {
  const { roles, nameless } = textNow()
  act(roles.makeFailed, async () => {
    await api.giveRole(group, identity, role)
    refresh.group(group)
    say(self ? roles.steppedDown : roles.made[role](safeName(name) || nameless))
  })
}
