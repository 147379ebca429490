import { assertNever, type Bytes } from "@starling/kernel"

import { decodeHello, type Hello } from "../contacts/hello-frame.ts"
import { meet, ownHello } from "../contacts/meet.ts"
import { answerWelcomes, carryWelcomes, takeWelcomes } from "../invitation/carry-welcomes.ts"
import { handOutKeyPackage } from "../invitation/hand-out-key-package.ts"
import { handOutStock } from "../invitation/hand-out-stock.ts"
import { inviteAnew } from "../invitation/invite-anew.ts"
import { settleEntry } from "../invitation/outbox.ts"
import { receiveInvitation } from "../invitation/receive-invitation.ts"
import { takeStock } from "../invitation/stock.ts"
import { takeKeyPackage } from "../invitation/take-key-package.ts"
import { takeMailboxAnswer } from "../mailbox/take-mailbox-answer.ts"
import { serveMailbox } from "../mailbox/serve-mailbox.ts"
import type { MessengerProtocol } from "../ports/transport.ts"
import { askWhoWaits } from "../sync/ask-by-turns.ts"
import { answerSync } from "../sync/answer-sync.ts"
import { receiveSync } from "../sync/receive-sync.ts"
import type { Versioned } from "../versioned.ts"
import { decodeAnswer, okAnswer, refusedAnswer } from "./answer-frame.ts"
import type { PendingRequest } from "./pending-request.ts"
import type { PeerState } from "./state.ts"
import type { Env, RequestOutcome, Step } from "./step.ts"
import { takeTurn, Turn } from "./turn.ts"
import { finishTurn } from "./finish-turn.ts"

/** A direct request of `from`, whose PeerId the transport has verified. It is always answered; a refusal is a code. */
export function requested(
  state: PeerState,
  protocol: MessengerProtocol,
  payload: Uint8Array,
  from: string,
  env: Env,
): Step & { readonly answer: Bytes } {
  const turn = new Turn(state, env)
  const answer = answerOf(turn, protocol, payload, from)
  return { ...finishTurn(turn), answer }
}

/** What became of an earlier `request`; a token that is not known changes nothing. */
export function answered(state: PeerState, token: string, outcome: RequestOutcome, env: Env): Step {
  return takeTurn(state, env, (turn) => {
    const request = state.requests.get(token)
    if (request === undefined) return
    const requests = new Map(state.requests)
    requests.delete(token)
    turn.state = { ...turn.state, requests }
    if (outcome.kind === "answer") take(turn, request, outcome.payload)
    if (request.kind === "sync") askWhoWaits(turn, request.group)
  })
}

function answerOf(turn: Turn, protocol: MessengerProtocol, payload: Uint8Array, from: string): Bytes {
  if (protocol === "mailbox") return serveMailbox(turn, payload, from)
  if (turn.state.isMailbox) return refusedAnswer("not-a-member")
  switch (protocol) {
    case "hello": {
      const hello = decodeHello(turn.crypto, payload)
      if (hello.kind !== "ok") return refusedAnswer(hello.kind)
      return meet(turn, hello.value, from) ? okAnswer(ownHello(turn)) : refusedAnswer("invalid")
    }
    case "key-package":
      return handOutKeyPackage(turn, payload, from)
    case "key-package-stock":
      return handOutStock(turn, payload, from)
    case "invitation": {
      const status = receiveInvitation(turn, payload)
      return status === "ok" ? okAnswer(new Uint8Array(0)) : refusedAnswer(status)
    }
    case "welcomes":
      return answerWelcomes(turn, payload, from)
    case "sync":
      return answerSync(turn, payload, from)
    default:
      return assertNever(protocol)
  }
}

function take(turn: Turn, request: PendingRequest, payload: Uint8Array): void {
  switch (request.kind) {
    case "hello": {
      const hello = decodeHelloAnswer(turn, payload)
      if (hello.kind === "ok") meet(turn, hello.value, request.peerId)
      return
    }
    case "key-package":
      takeKeyPackage(turn, request.group, request.identity, payload)
      return
    case "key-package-stock":
      takeStock(turn, request.peerId, request.suite, payload)
      return
    case "invitation":
      takeReceipt(turn, request.entry, payload)
      return
    case "mailbox":
      takeMailboxAnswer(turn, request, payload)
      return
    case "welcomes":
      takeWelcomes(turn, request.group, payload)
      return
    case "sync":
      receiveSync(turn, request.group, request.peerId, payload)
      if (turn.state.durable.groups.has(request.group)) carryWelcomes(turn, request.group)
      return
    default:
      assertNever(request)
  }
}

function decodeHelloAnswer(turn: Turn, payload: Uint8Array): Versioned<Hello> {
  const answer = decodeAnswer(payload)
  return answer.kind === "ok" ? decodeHello(turn.crypto, answer.value.body) : answer
}

/** A refusal that no repetition changes ends the attempts; the person is told where it was this device that invited. */
function takeReceipt(turn: Turn, key: string, payload: Uint8Array): void {
  const answer = decodeAnswer(payload)
  const entry = turn.state.durable.outbox.get(key)
  if (answer.kind !== "ok" || entry === undefined) return
  switch (answer.value.status) {
    case "ok":
      settleEntry(turn, key)
      return
    case "unknown-key-package":
    case "invalid":
    case "malformed":
      settleEntry(turn, key)
      if (entry.carried) return
      if (answer.value.status === "unknown-key-package" && inviteAnew(turn, entry)) return
      turn.notify({
        kind: "trouble",
        code: "invitation-refused",
        text: "An invitation could not be used by the one invited. Remove them from the group and invite them again.",
      })
      return
    case "clock-differs":
      turn.notify({
        kind: "trouble",
        code: "invitation-refused",
        text: "An invitation waits: the clock of the one invited differs by more than an hour. Check date and time on both devices.",
      })
      return
    case "exhausted":
    case "newer-version":
    case "not-a-member":
    case "unknown-suite":
      return
    default:
      assertNever(answer.value.status)
  }
}
