import { Refused } from "../api/call.ts"
import { api } from "../api/client.ts"
import { change, useWorld } from "./store.ts"
import { fail, settle } from "./thread.ts"
import { changeThread } from "./world.ts"

/** Shows the message at once as being saved, and says what became of it; `notSaved` where nobody answered. */
export async function sendMessage(group: string, text: string, notSaved: string): Promise<void> {
  const key = crypto.randomUUID()
  const at = Date.now()
  change((world) =>
    changeThread(world, group, (thread) => ({
      ...thread,
      pending: [...thread.pending, { key, text, at, state: { kind: "saving" } }],
    })),
  )
  try {
    const { id } = await api.send(group, text)
    const { status, groups } = useWorld.getState()
    const epoch = groups.find((one) => one.group === group)?.epoch ?? 0
    const saved = { id, group, from: status?.identity ?? "", name: status?.name ?? "", text, at, epoch, mine: true }
    change((world) => changeThread(world, group, (thread) => settle(thread, key, saved)))
  } catch (fault) {
    const why = fault instanceof Refused ? fault.message : notSaved
    change((world) => changeThread(world, group, (thread) => fail(thread, key, why)))
  }
}

/** Takes a message that could not be saved off the screen, to be written again. */
export function discard(group: string, key: string): void {
  change((world) =>
    changeThread(world, group, (thread) => ({
      ...thread,
      pending: thread.pending.filter((pending) => pending.key !== key),
    })),
  )
}
