import { invitations, requested } from "@starling/messenger"
import {
  certifyDevice,
  describeDevice,
  encodeContent,
  encodeOperation,
  encodeSealedMessage,
  encodeSyncRequest,
  messageAuthenticatedData,
  type SeqSet,
} from "@starling/messenger/parts"
import { protect } from "@starling/mls"

import { mislead } from "./false-state.ts"
import { groupOf, isActive } from "./group-of.ts"
import { part } from "./insider-moves.ts"
import { inventFrontier, type Insider } from "./insider.ts"
import type { Person } from "./person.ts"
import { crypto } from "./seeded.ts"
import type { Stage } from "./stage.ts"

const [OPERATION, COMMIT] = [1, 2] as const
const LARGE = 90_000

/** Tells somebody that it holds far more of everybody's messages than there are, and has read all of them. */
export function claimHoldings(stage: Stage): void {
  const { dice, group, world } = stage
  const { person } = dice.pick(stage.insiders)
  const known = groupOf(person, group)
  const target = dice.pick(stage.honest)
  if (known === undefined || !world.areConnected(person, target)) return
  const all: SeqSet = [{ from: 1, to: 50 + dice.below(1_000) }]
  const devices = stage.honest.map(({ state }) => state.durable.own.device)
  const payload = encodeSyncRequest({
    version: dice.chance(0.5) ? 2 : 3,
    group: known.id,
    inTurn: dice.chance(0.5),
    records: new Map(),
    messages: new Map(devices.map((device) => [device, all])),
    untold: new Map(),
    past: new Map(),
    tip: known.chosen,
    seen: all,
    mailboxes: [],
    shown: known.shown.size === 0 ? [] : [dice.pick([...known.shown])],
    named: [],
    after: undefined,
    unopened: new Map(),
  })
  target.input((state, env) => requested(state, "sync", payload, person.peerId, env))
}

/** Messages of its own under numbers far apart, and under one that it has used before. */
export function skipNumbers(stage: Stage): void {
  const { dice, world } = stage
  const insider = dice.pick(stage.insiders)
  const [node] = insider.states()
  if (node?.standing.kind !== "held") return
  const { device } = insider.person.state.durable.own
  const sent = groupOf(insider.person, stage.group)?.sentCount ?? 0
  let { state } = node.standing
  for (const seq of [1, sent + 2, sent + 5 + 2 * dice.below(200)]) {
    const content = encodeContent({
      text: `odd ${seq} of ${world.now}`,
      at: world.now,
      salt: new Uint8Array(16).fill(seq),
    })
    const authenticatedData = messageAuthenticatedData(device, seq)
    const { next, message } = protect(insider.person.env().mls, state, content, { authenticatedData })
    state = next
    insider.publish("msg", encodeSealedMessage({ device, seq, sid: node.sid, mls: message }), node.era, stage.honest)
  }
  insider.hoard.nodes.set(node.sid, { ...node, standing: { kind: "held", state } })
}

/** One message after the other under every second number. */
export function leaveOutEverySecond(stage: Stage): void {
  const { person } = stage.dice.pick(stage.insiders)
  for (let i = 0; i < 20; i++) {
    const known = groupOf(person, stage.group)
    if (known === undefined || !isActive(person, stage.group)) return
    const { durable } = person.state
    const groups = new Map(durable.groups).set(stage.group, { ...known, sentCount: known.sentCount + 1 })
    person.state = { ...person.state, durable: { ...durable, groups } }
    stage.ledger.say(person)
  }
}

/** Invites somebody, and names in the Welcome operations that nobody ever made; the next time it does without. */
export function inviteBeyond(stage: Stage): void {
  const { dice, group, ledger, world } = stage
  const { person } = dice.pick(stage.insiders)
  if ((groupOf(person, group)?.knownAtEntry.length ?? 0) > 0) return inventFrontier(person, group, [])
  const outsiders = [...world.people.values()].filter((each) => !isActive(each, group))
  if (outsiders.length === 0 || !isActive(person, group)) return
  ledger.invite(person, dice.pick(outsiders))
  inventFrontier(person, group, ["ff".repeat(32), "ee".repeat(32)])
}

/** Invites somebody by a Welcome that names other members, or another height, than the state has whose id it bears. */
export function inviteIntoFalseState(stage: Stage): void {
  const { dice, group, ledger, world } = stage
  const { person } = dice.pick(stage.insiders)
  const outsiders = [...world.people.values()].filter((each) => !isActive(each, group) && each.isUp)
  if (outsiders.length === 0 || !isActive(person, group)) return
  const newcomer = dice.pick(outsiders)
  ledger.invite(person, newcomer)
  world.run(3_000)
  if (!invitations(newcomer.state).some((invitation) => invitation.group === group)) return
  ledger.accept(newcomer)
  const isOfMembers = dice.chance(0.5)
  mislead(newcomer, group, (node) =>
    isOfMembers ? { ...node, roster: node.roster.toReversed() } : { ...node, epoch: node.epoch + 1 },
  )
}

/** Makes its log longer than an answer to a request, and then signs two records for one place of it. */
export function forkLargely(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  for (let i = 0; i < 4; i++) publishNothing(insider, stage, LARGE)
  const half = stage.honest.filter(() => stage.dice.chance(0.5))
  const rest = stage.honest.filter((person) => !half.includes(person))
  const [state] = insider.states()
  const one = insider.sign(COMMIT, new Uint8Array(10).fill(stage.dice.below(256)), false)
  const other = insider.sign(COMMIT, new Uint8Array(11).fill(stage.dice.below(256)))
  insider.publish("upd", other.encoded, state?.era, rest)
  insider.publish("upd", one.encoded, state?.era, half)
}

/**
 * While one part of the group lets an outsider in, the other one hears first that a puppet is to be added: with the outsider's
 * device key, or with that of somebody who is in the group, or with one of those PeerIds.
 */
export function borrowKeys(stage: Stage): void {
  const { dice, group, honest, ledger, world } = stage
  const insider = dice.pick(stage.insiders)
  const members = honest.filter((person) => isActive(person, group))
  const outsiders = honest.filter((person) => person.isUp && !isActive(person, group))
  const owner = dice.pick(outsiders.length > 0 ? outsiders : honest)
  const [first] = members
  if (first === undefined) return
  const side = members.filter((person) => person === first || dice.chance(0.4))
  const rest = honest.filter((person) => person !== owner && !side.includes(person))
  part(stage, [...side, owner], [...rest, insider.person])
  if (outsiders.includes(owner)) ledger.invite(first, owner)
  askForPuppet(stage, insider, owner, rest)
  for (let i = 0; i < 4; i++) {
    world.run(1_000)
    ledger.accept(owner)
  }
}

function askForPuppet(stage: Stage, insider: Insider, owner: Person, to: readonly Person[]): void {
  const keys = crypto.signature.deriveKeyPair(insider.person.env().mls.random.draw(32, "puppet"))
  const { signatureKey, transportKey, createdAt } = owner.state.durable.own.certificate
  const borrowed = stage.dice.chance(0.7)
    ? { signatureKey, transportKey }
    : { signatureKey: keys.publicKey, transportKey }
  const certificate = certifyDevice(crypto, keys.privateKey, { identityKey: keys.publicKey, ...borrowed, createdAt })
  const change = { kind: "add", device: describeDevice(crypto, certificate), name: "puppet" } as const
  const deps = [...insider.known().keys()].slice(-8)
  const record = insider.sign(OPERATION, encodeOperation({ change, deps }))
  insider.publish("upd", record.encoded, insider.states()[0]?.era, to)
}

/** A record that nobody can make anything of, and that everybody keeps. */
function publishNothing(insider: Insider, stage: Stage, length: number): void {
  const [state] = insider.states()
  const record = insider.sign(COMMIT, new Uint8Array(length).fill(stage.dice.below(256)))
  insider.publish("upd", record.encoded, state?.era, stage.honest)
}
