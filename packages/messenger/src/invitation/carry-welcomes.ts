import { equalBytes, type Bytes } from "@starling/kernel"
import { keyPackageReference, publicCommitHeader, welcomeReferences } from "@starling/mls"

import { rank } from "../group/choose-commit.ts"
import { ancestry, type ForestNode } from "../group/forest-node.ts"
import type { Group } from "../group/group.ts"
import { uuidOf } from "../group/group-id.ts"
import { identitiesOf } from "../group/roster.ts"
import type { Device } from "../identity/device-certificate.ts"
import type { IdentityId } from "../identity/identity-id.ts"
import type { PeerId } from "../identity/peer-id.ts"
import { CARRIERS, CARRY_PAUSE, KEY_PACKAGE_LIFETIME, MAX_CARRIED, SYNC_BUDGET } from "../limits.ts"
import { decodeAnswer, okAnswer, refusedAnswer } from "../peer/answer-frame.ts"
import type { Turn } from "../peer/turn.ts"
import { connectedPartners, partnersOf } from "../sync/partners.ts"
import { decodeInvitation } from "./invitation-frame.ts"
import { carryInvitation, flushOutbox, outboxKey } from "./outbox.ts"
import {
  decodeWelcomesAnswer,
  decodeWelcomesRequest,
  encodeWelcomesAnswer,
  encodeWelcomesRequest,
  type CarriedWelcome,
  type Newcomer,
} from "./welcome-frames.ts"

/**
 * Gets the Welcomes of newcomers who have not been heard of, so that they come in though whoever added them is gone: a few
 * members carry each, and so does everybody who is connected with the newcomer. One member is asked at a time.
 */
export function carryWelcomes(turn: Turn, uuid: string): void {
  const group = turn.group(uuid)
  if (group.phase !== "active" || isUnderWay(turn, uuid)) return
  const wanted = wantedWelcomes(turn, group)
  if (wanted.length === 0) return
  const partners = partnersOf(group, turn.own.peerId)
  const { carryAskedAt } = turn.work(uuid)
  for (const peerId of connectedPartners(turn, group)) {
    const partner = partners.get(peerId)
    const unasked = wanted.filter(
      ({ identity, sid }) =>
        identity !== partner?.identity &&
        turn.now - (carryAskedAt.get(`${peerId} ${identity} ${sid}`) ?? -Infinity) >= CARRY_PAUSE,
    )
    if (unasked.length === 0) continue
    const newcomers = unasked.slice(0, MAX_CARRIED)
    const asked = newcomers.map(({ identity, sid }) => [`${peerId} ${identity} ${sid}`, turn.now] as const)
    const still = [...carryAskedAt].filter(([, at]) => turn.now - at < CARRY_PAUSE)
    turn.changeWork(uuid, { carryAskedAt: new Map([...still, ...asked]) })
    const payload = encodeWelcomesRequest({ group: group.id, newcomers })
    turn.request("welcomes", { kind: "welcomes", peerId, group: uuid }, payload)
    return
  }
}

/** Gives a member the Welcomes that it names, as far as they are here and were not acknowledged. */
export function answerWelcomes(turn: Turn, payload: Uint8Array, from: PeerId): Bytes {
  const request = decodeWelcomesRequest(payload)
  if (request.kind !== "ok") return refusedAnswer(request.kind)
  const group = turn.state.durable.groups.get(uuidOf(request.value.group))
  if (group?.phase !== "active" || !partnersOf(group, turn.own.peerId).has(from)) return refusedAnswer("not-a-member")
  const carried: CarriedWelcome[] = []
  let left = SYNC_BUDGET
  for (const { identity, sid } of request.value.newcomers) {
    const entry = turn.state.durable.outbox.get(outboxKey(group.uuid, identity))
    if (entry?.sid !== sid || entry.invitation.length > left) continue
    left -= entry.invitation.length
    carried.push({ identity, sid, invitation: entry.invitation })
  }
  return okAnswer(encodeWelcomesAnswer({ carried }))
}

/** Keeps the Welcomes that were asked for, and no others; then asks the next member for those that are still wanted. */
export function takeWelcomes(turn: Turn, uuid: string, payload: Uint8Array): void {
  const group = turn.state.durable.groups.get(uuid)
  const answer = decodeAnswer(payload)
  if (group === undefined) return
  const frame =
    answer.kind === "ok" && answer.value.status === "ok" ? decodeWelcomesAnswer(answer.value.body) : undefined
  const carried = frame?.kind === "ok" ? frame.value.carried : []
  const wanted = new Map(wantedWelcomes(turn, group).map((each) => [each.identity, each]))
  for (const { identity, sid, invitation } of carried) {
    const newcomer = wanted.get(identity)
    if (newcomer?.sid === sid && isFor(turn, newcomer, invitation))
      carryInvitation(turn, uuid, newcomer.device, sid, invitation)
  }
  for (const { device } of wanted.values()) if (turn.isConnected(device.peerId)) flushOutbox(turn, device.peerId)
  carryWelcomes(turn, uuid)
}

interface Awaited extends Newcomer {
  readonly device: Device
  readonly node: ForestNode
}

/** Newcomers of others on the live branch who were not heard of, and whose Welcome is for this device to have. */
function wantedWelcomes(turn: Turn, group: Group): Awaited[] {
  const live = group.forest.get(group.live)
  const { desired } = group.membership
  const unheard = (live?.roster ?? []).filter(
    (device) => device !== undefined && !group.seen.has(device.device) && desired.has(device.identity),
  )
  const devices = new Map(unheard.map((device) => [device?.identity, device]))
  devices.delete(turn.own.identity)
  if (devices.size === 0) return []
  const wanted: Awaited[] = []
  for (const node of ancestry(group.forest, group.live)) {
    for (const identity of node.added) {
      const device = devices.get(identity)
      if (device === undefined) continue
      devices.delete(identity)
      if (isWanted(turn, group, node, device)) wanted.push({ identity, sid: node.sid, device, node })
    }
  }
  return wanted
}

function isWanted(turn: Turn, group: Group, node: ForestNode, { identity, peerId }: Device): boolean {
  if (node.author === turn.own.identity || turn.now - node.placedAt > KEY_PACKAGE_LIFETIME) return false
  const entry = turn.state.durable.outbox.get(outboxKey(group.uuid, identity))
  if (entry?.sid === node.sid || turn.work(group.uuid).welcomesDone.has(`${identity} ${node.sid}`)) return false
  return turn.isConnected(peerId) || isCarrier(turn, group, node)
}

/** In a small group everybody; in a large one those of least rank at this height. */
function isCarrier(turn: Turn, group: Group, node: ForestNode): boolean {
  const identities = [...identitiesOf(node.roster)]
  if (identities.length <= CARRIERS) return true
  const place = (identity: IdentityId): string => rank(turn.crypto, group.creation, node.epoch, identity)
  const own = place(turn.own.identity)
  return identities.filter((identity) => place(identity) < own).length < CARRIERS
}

/** True for a Welcome to the KeyPackage by which the commit added this newcomer. What is in it only they can tell. */
function isFor(turn: Turn, { device, node }: Awaited, invitation: Uint8Array): boolean {
  const frame = decodeInvitation(invitation)
  const header = publicCommitHeader(node.mls)
  if (frame.kind !== "ok" || header.kind !== "ok") return false
  const references = welcomeReferences(frame.value.welcome)
  const added = header.value.adds.find(({ leafNode }) =>
    equalBytes(leafNode.signatureKey, device.certificate.signatureKey),
  )
  if (references.kind !== "ok" || added === undefined) return false
  const reference = keyPackageReference(turn.crypto, added)
  return references.value.some((each) => equalBytes(each, reference))
}

function isUnderWay(turn: Turn, uuid: string): boolean {
  return [...turn.state.requests.values()].some((request) => request.kind === "welcomes" && request.group === uuid)
}
