import { readKeyPackage } from "@starling/mls"

import { clocksDiffer, clockText } from "../contacts/meet.ts"
import { stateOf } from "../group/forest-node.ts"
import { settle } from "../group/settle.ts"
import { isSameDevice, readDevice } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import { WRONG_KEY_PAUSE } from "../limits.ts"
import { decodeAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { toSeconds } from "./issued-key-package.ts"
import { decodeKeyPackageAnswer } from "./key-package-frames.ts"

/** Checks a KeyPackage that was asked for and, where it is good, adds its bearer. */
export function takeKeyPackage(turn: Turn, uuid: string, identity: IdentityId, payload: Uint8Array): void {
  const group = turn.state.durable.groups.get(uuid)
  const wanted = group?.membership.desired.get(identity)
  if (group === undefined || wanted === undefined) return
  const who = wanted.name === "" ? identity.slice(0, 8) : wanted.name
  const answer = decodeAnswer(payload)
  if (answer.kind === "ok" && answer.value.status === "clock-differs")
    return trouble(
      turn,
      `${who} refused to join: the clocks of your two devices differ by more than an hour. Check both.`,
    )
  if (answer.kind === "ok" && answer.value.status === "unknown-suite")
    return trouble(turn, `${who}'s Starling is too old for this group's cipher suite. They can join with a newer one.`)
  if (answer.kind !== "ok" || answer.value.status !== "ok")
    return trouble(turn, `${who}'s device gave no key to add them with. It is asked again while it is connected.`)
  const frame = decodeKeyPackageAnswer(answer.value.body)
  if (frame.kind !== "ok") return trouble(turn, `${who}'s device gave a key that this Starling can't read.`)
  const clockAhead = frame.value.clock - turn.now
  if (clocksDiffer(clockAhead)) return trouble(turn, clockText(who, clockAhead))
  const state = stateOf(group.forest.get(group.live))
  if (state === undefined) return
  const read = readKeyPackage(turn.mlsOf(state), frame.value.keyPackage, toSeconds(turn.now))
  if (read.kind === "refused")
    return trouble(turn, `${who}'s key was refused (${read.reason}; ${read.section}); nothing was changed.`)
  const { credential } = read.keyPackage.leafNode
  const device = credential.kind === "basic" ? readDevice(turn.crypto, credential.identity) : undefined
  // An addition can name the device of somebody else, whose KeyPackage is good for that one alone.
  if (device?.kind !== "ok" || !isSameDevice(device.value, wanted.device)) {
    turn.changeWork(uuid, { askAt: new Map(turn.work(uuid).askAt).set(identity, turn.now + WRONG_KEY_PAUSE) })
    return trouble(turn, `The key that was given for ${who} is somebody else's; nobody was added.`)
  }
  turn.changeWork(uuid, { keyPackages: new Map(turn.work(uuid).keyPackages).set(identity, read.keyPackage) })
  settle(turn, uuid)
}

function trouble(turn: Turn, text: string): void {
  turn.notify({ kind: "trouble", code: "key-package-refused", text })
}
