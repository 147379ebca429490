import { settle } from "../group/settle.ts"
import { healByCalendar } from "../group/heal-by-calendar.ts"
import { dropOldStates } from "../group/drop-old-states.ts"
import { resendIfDue, resendMessages } from "../message/send-message.ts"
import { isDisplaced } from "../group/tips.ts"
import { carryWelcomes } from "../invitation/carry-welcomes.ts"
import { pruneKeyPackages } from "../invitation/hand-out-key-package.ts"
import { flushOutbox } from "../invitation/outbox.ts"
import { enterWaiting, pruneInvitations } from "../invitation/receive-invitation.ts"
import { pruneStock, restock } from "../invitation/stock.ts"
import { exchangeWithMailboxes } from "../mailbox/exchange-mailbox.ts"
import { forgetExpired } from "../mailbox/rounds.ts"
import { pruneBoxes } from "../mailbox/serve-mailbox.ts"
import { showGapsIfDue } from "../message/gaps.ts"
import { letGoOfSettled } from "../message/sent-messages.ts"
import { pruneKept } from "../message/keep-sealed.ts"
import { repairIfDue } from "../sync/repair.ts"
import { exchangeIfDue, syncIfDue } from "../sync/request-sync.ts"
import { dialWhoIsAway } from "./dial.ts"
import type { PeerState } from "./state.ts"
import type { Env, Step } from "./step.ts"
import { takeTurn } from "./turn.ts"

/** The time of a step's `wakeAt` has come; earlier or more often does no harm. */
export function wake(state: PeerState, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    if (state.dialAt <= env.now) {
      dialWhoIsAway(turn)
      pruneInvitations(turn)
      pruneKeyPackages(turn)
      for (const [uuid, group] of state.durable.groups) {
        dropOldStates(turn, uuid)
        letGoOfSettled(turn, uuid)
        if (group.phase === "active" && !isDisplaced(group)) resendMessages(turn, uuid)
        pruneKept(turn, uuid)
        forgetExpired(turn, uuid)
      }
      pruneBoxes(turn)
      pruneStock(turn)
      restock(turn)
    }
    flushOutbox(turn)
    enterWaiting(turn)
    for (const uuid of state.durable.groups.keys()) {
      const { dueAt } = turn.work(uuid)
      if (dueAt !== undefined && dueAt <= env.now) settle(turn, uuid)
      healByCalendar(turn, uuid)
      exchangeIfDue(turn, uuid)
      resendIfDue(turn, uuid)
      repairIfDue(turn, uuid)
      showGapsIfDue(turn, uuid)
      syncIfDue(turn, uuid)
      exchangeWithMailboxes(turn, uuid)
      carryWelcomes(turn, uuid)
    }
  })
}
