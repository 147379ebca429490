import type { Bytes } from "@starling/kernel"
import {
  decodeSealedMessage,
  drawOf,
  encodeOperation,
  encodeSealedMessage,
  encodeTestimony,
  EQUALS,
  messageAuthenticatedData,
  rank,
  type ForestNode,
  type LoggedRecord,
} from "@starling/messenger/parts"
import { protect, receive } from "@starling/mls"

import { withBadTag } from "./forged-commit.ts"
import { foundingOf, groupIdOf, sendForged } from "./forge.ts"
import { groupOf, isActive, pathTo } from "./group-of.ts"
import type { Forged, Insider } from "./insider.ts"
import type { Person } from "./person.ts"
import { crypto } from "./seeded.ts"
import type { Stage } from "./stage.ts"

const [OPERATION, COMMIT, REFUSAL, UNKNOWN] = [1, 2, 6, 9] as const

/** A few commits one upon the other, on some state of late: after its removal too, on the state before. */
export function forkOn(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  let parent = recent(stage, insider)
  for (let left = 1 + stage.dice.below(4); left > 0 && parent !== undefined; left--) {
    const forged = insider.commitOn(parent)
    if (forged === undefined) return
    insider.publishCommit(forged, stage.honest)
    parent = forged.node
  }
}

/** Two commits with one number in its log: one for half of the others, and one for the rest. */
export function equivocate(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  const parent = recent(stage, insider)
  const [one, other] = parent === undefined ? [] : [insider.commitOn(parent), insider.commitOn(parent)]
  if (one === undefined || other === undefined) return
  const half = stage.honest.filter(() => stage.dice.chance(0.5))
  const rest = stage.honest.filter((person) => !half.includes(person))
  insider.hoard.nodes.set(other.node.sid, other.node)
  const record = insider.sign(COMMIT, other.body, false)
  insider.publishCommit(one, half)
  insider.publish("upd", record.encoded, other.node.era, rest)
}

/**
 * One commit with two bodies under one id: some get the one whose tags are bad, before the good one or in its place; now and then
 * while they are cut off, and the others build on the commit.
 */
export function twoBodies(stage: Stage): void {
  const { dice, honest, ledger } = stage
  const insider = dice.pick(stage.insiders)
  const group = groupOf(insider.person, stage.group)
  const parent = insider.hoard.nodes.get(group?.live ?? "")
  const forged = parent === undefined ? undefined : insider.commitOn(parent)
  if (forged === undefined) return
  const misled = honest.filter(() => dice.chance(0.4))
  const others = honest.filter((person) => !misled.includes(person))
  const damaged = withBadTag(forged.body, dice.chance(0.6) ? "confirmation" : "membership")
  const { node, body } = forged
  insider.hoard.nodes.set(node.sid, node)
  const first = insider.sign(COMMIT, damaged, dice.chance(0.3))
  const second = insider.sign(COMMIT, body)
  const isCut = dice.chance(0.6)
  if (isCut) part(stage, [...misled, insider.person], others)
  insider.publish("upd", first.encoded, node.era, misled)
  if (isCut) part(stage, misled, [...others, insider.person])
  insider.publish("upd", second.encoded, node.era, others)
  if (!isCut) return
  stage.world.run(500)
  for (const person of others) ledger.heal(person)
}

export function part(stage: Stage, ...sides: readonly (readonly Person[])[]): void {
  stage.world.run(500)
  stage.sides = sides
  stage.world.partition(...sides)
  stage.world.run(500)
}

/** An operation that claims to know of nothing: a removal of somebody, or an addition of somebody who is out. */
export function backdate(stage: Stage): void {
  const { dice, founder, group, world } = stage
  const insider = dice.pick(stage.insiders)
  const [state] = insider.states()
  const creation = groupOf(insider.person, group)?.creation
  const others = [...world.people.values()].filter((person) => person !== founder && person !== insider.person)
  if (state === undefined || creation === undefined || others.length === 0) return
  const target = dice.pick(others)
  const change = isActive(target, group)
    ? ({ kind: "remove", identity: target.state.durable.own.identity, after: creation } as const)
    : ({ kind: "add", device: target.state.durable.own, name: target.name } as const)
  if (change.kind === "add") stage.ledger.lift(target)
  const record = insider.sign(OPERATION, encodeOperation({ change, deps: [] }))
  insider.publish("upd", record.encoded, state.era, stage.honest)
}

/** Tries commits beside the newest one until its own has the lesser id. */
export function grind(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  const rival = rivalOf(stage, insider)
  if (rival === undefined) return
  let best: Forged | undefined
  for (let tries = 0; tries < 12 && (best === undefined || best.node.sid > rival.tip.sid); tries++) {
    const forged = insider.commitOn(rival.parent)
    if (forged !== undefined && (best === undefined || forged.node.sid < best.node.sid)) best = forged
  }
  if (best === undefined) return
  insider.publishCommit(best, stage.honest)
  if (rival.isStronger) stage.ground.add(best.node.sid)
}

/** Puts a chain of its own beside the newest commit, deeper than that one. */
export function outrun(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  const rival = rivalOf(stage, insider)
  let parent = rival?.parent
  for (let left = 4; left > 0 && parent !== undefined; left--) {
    const forged = insider.commitOn(parent)
    if (forged === undefined) return
    insider.publishCommit(forged, stage.honest)
    if (rival?.isStronger === true) stage.ground.add(forged.node.sid)
    parent = forged.node
  }
}

interface Rival {
  readonly tip: ForestNode
  readonly parent: ForestNode
  /** It is the founder's, whose word weighs as much as any, and the rank speaks for it. */
  readonly isStronger: boolean
}

/** The newest commit, where it is another's and the keys of its parent are there. */
function rivalOf({ group, founder }: Stage, { person, hoard }: Insider): Rival | undefined {
  const own = groupOf(person, group)
  const tip = own?.forest.get(own.live)
  const parent = hoard.nodes.get(tip?.parent ?? "")
  if (own === undefined || tip === undefined || parent === undefined || tip.author === person.identity) return undefined
  const draw = drawOf(own.forest, parent.sid)
  const isEarly = draw?.epoch === 0 || draw?.roster.some((device) => device?.identity === person.identity) !== false
  const rankOf = (author: string): string => rank(crypto, draw?.sid ?? "", tip.epoch, author)
  const isStronger = tip.author === founder.identity && (!isEarly || rankOf(tip.author) < rankOf(person.identity))
  return { tip, parent, isStronger }
}

/** A long chain, and many siblings, in one moment. */
export function flood(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  const [tip] = insider.states()
  let parent = tip
  for (let i = 0; i < 24 && parent !== undefined; i++) {
    const forged = insider.commitOn(parent)
    if (forged === undefined) return
    insider.publishCommit(forged, stage.honest)
    if (i % 2 === 0) parent = forged.node
  }
}

/** A commit whose path secret is worthless for one subtree, and good for all others. */
export function shutOut(stage: Stage): void {
  shutOutBy(stage, stage.dice.pick(stage.insiders))
}

/** The same, and a second insider builds on it at once, so that two stand for it. */
export function shutOutTogether(stage: Stage): void {
  const [first, second] = stage.insiders
  if (first === undefined || second === undefined) return
  const forged = shutOutBy(stage, first)
  const before = second.hoard.nodes.get(forged?.node.parent ?? "")
  if (forged === undefined || before?.standing.kind !== "held") return
  const received = receive(second.person.env().mls, before.standing.state, forged.mls)
  if (received.kind !== "commit") return
  const node: ForestNode = { ...forged.node, standing: { kind: "held", state: received.next } }
  second.hoard.nodes.set(node.sid, node)
  const child = second.commitOn(node)
  if (child !== undefined) second.publishCommit(child, stage.honest)
}

function shutOutBy(stage: Stage, insider: Insider): Forged | undefined {
  const group = groupOf(insider.person, stage.group)
  const parent = insider.hoard.nodes.get(group?.live ?? "")
  if (parent === undefined) return undefined
  const recipients = parent.roster.length - 1
  let left = stage.dice.below(Math.ceil(Math.log2(Math.max(2, recipients + 1))))
  const forged = insider.commitOn(parent, (publicKey, seed) => {
    const sealed = crypto.kem.encapsulate(publicKey, seed)
    if (sealed === undefined || left-- !== 0) return sealed
    return { ...sealed, kemOutput: sealed.kemOutput.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) }
  })
  if (forged !== undefined) insider.publishCommit(forged, stage.honest)
  return forged
}

/** Somebody's words under another name, and own words under the next number of somebody else. */
export function stealId(stage: Stage): void {
  const { dice, group } = stage
  const insider = dice.pick(stage.insiders)
  const rows = insider.person.store.list("messages", group)
  const victim = dice.pick(stage.honest).state.durable.own.device
  const seq = rows.length + 1 + dice.below(3)
  const row = rows.length === 0 ? undefined : decodeSealedMessage(dice.pick(rows).value)
  const [node] = insider.states()
  if (row?.kind === "ok") {
    const { device } = insider.person.state.durable.own
    for (const stolen of [
      { ...row.value, seq },
      { ...row.value, device, seq },
      { ...row.value, device: victim, seq },
    ])
      insider.publish("msg", encodeSealedMessage(stolen), node?.era, stage.honest)
  }
  if (node?.standing.kind !== "held") return
  const authenticatedData = messageAuthenticatedData(victim, seq)
  const { message } = protect(insider.person.env().mls, node.standing.state, new Uint8Array(40), { authenticatedData })
  const sealed = { device: victim, seq, sid: node.sid, mls: message }
  insider.publish("msg", encodeSealedMessage(sealed), node.era, stage.honest)
}

/** Invites somebody to a group of the same id that the insider made by itself. */
export function inviteFalsely(stage: Stage): void {
  const { dice, group, world } = stage
  const insider = dice.pick(stage.insiders)
  const others: Person[] = [...world.people.values()].filter(
    (person) => person !== insider.person && person.isUp && world.areConnected(person, insider.person),
  )
  if (others.length === 0 || groupOf(insider.person, group) === undefined) return
  sendForged(insider.person, dice.pick(others), groupIdOf(group), foundingOf(insider.person, group))
}

/**
 * Hundreds of records for one place in its log, others to one part of the group than to the rest, among them a commit for each part,
 * on which it builds.
 */
export function crowd(stage: Stage): void {
  const { dice, honest } = stage
  const insider = dice.pick(stage.insiders)
  const half = honest.filter(() => dice.chance(0.5))
  const rest = honest.filter((person) => !half.includes(person))
  const place = insider.log()[dice.below(insider.log().length)]
  const parent = insider.hoard.nodes.get(groupOf(insider.person, stage.group)?.live ?? "")
  for (const [side, other, records] of [
    [half, rest, crowdAt(insider, place, parent)],
    [rest, half, crowdAt(insider, place, parent)],
  ] as const) {
    const { undo } = insider.implant(records)
    part(stage, side, other, [insider.person])
    part(stage, [...side, insider.person], other)
    stage.world.run(2_000)
    for (const person of side) if (dice.chance(0.6)) stage.ledger.heal(person)
    stage.world.run(1_000)
    undo()
  }
}

/** A chain of commits each of which stands in an old branch of its own, on which others build, and then hundreds of records beside them. */
export function chainInOldBranches(stage: Stage): void {
  const { dice, honest, ledger, world } = stage
  const insider = dice.pick(stage.insiders)
  const place = insider.log()[dice.below(insider.log().length)]
  let parent = insider.hoard.nodes.get(groupOf(insider.person, stage.group)?.live ?? "")
  const chain: LoggedRecord[] = []
  for (let left = 2 + dice.below(2); left > 0 && parent !== undefined; left--) {
    const forged = insider.commitOn(parent)
    if (forged === undefined) return
    chain.push(insider.signAfter(place, COMMIT, forged.body))
    parent = forged.node
  }
  const beside = crowdAt(insider, place, undefined)
  for (const records of [chain, [...chain, ...beside]]) {
    const { undo } = insider.implant(records)
    part(stage, honest, [insider.person])
    part(stage, [...honest, insider.person])
    world.run(2_000)
    for (const person of honest) if (records === chain && dice.chance(0.4)) ledger.heal(person)
    world.run(1_000)
    undo()
  }
}

function crowdAt(insider: Insider, place: LoggedRecord | undefined, parent: ForestNode | undefined): LoggedRecord[] {
  const forged = parent === undefined ? undefined : insider.commitOn(parent)
  const commits = forged === undefined ? [] : [insider.signAfter(place, COMMIT, forged.body)]
  const random = (): Bytes => insider.person.env().mls.random.draw(8, "crowd")
  return [...commits, ...Array.from({ length: 300 }, () => insider.signAfter(place, UNKNOWN, random()))]
}

/**
 * When it has been removed, an operation in an old branch of its log, at a number that everybody has known for long; until then some
 * that mean nothing, for there to be such numbers.
 */
export function writeInOldBranch(stage: Stage): void {
  const { dice, founder, world, group } = stage
  const insider = removedOf(stage)
  if (insider === undefined) {
    const [one] = stage.insiders
    const body = encodeOperation({ change: { kind: "policy", policy: EQUALS }, deps: [] })
    for (let i = 0; i < 2; i++)
      one?.publish("upd", one.sign(OPERATION, body).encoded, one.states()[0]?.era, stage.honest)
    return
  }
  const log = insider.log()
  const creation = groupOf(founder, group)?.creation
  if (creation === undefined || log.length < 2) return
  const targets = [...world.people.values()].filter((person) => person !== founder && person !== insider.person)
  const target = dice.pick(targets)
  const change = isActive(target, group)
    ? ({ kind: "remove", identity: target.identity, after: creation } as const)
    : ({ kind: "add", device: target.state.durable.own, name: target.name } as const)
  const known = groupOf(insider.person, group)?.operations ?? new Map<string, unknown>()
  const deps = [...known.keys()].slice(0, dice.below(4))
  const record = insider.signAfter(log[dice.below(log.length - 1)], OPERATION, encodeOperation({ change, deps }))
  stage.backdated.add(record.hash)
  insider.publish("upd", record.encoded, insider.states()[0]?.era, stage.honest)
}

/** When it has been removed, it adds itself twice in a row: the second time by the right of the first. */
export function readmitItself(stage: Stage): void {
  const insider = removedOf(stage)
  if (insider === undefined) return
  const removal = stage.ledger.removals.findLast(({ of }) => of === insider.person)
  const { own } = insider.person.state.durable
  let deps = removal === undefined ? [] : [removal.op]
  for (let times = 0; times < 2; times++) {
    const change = { kind: "add", device: own, name: own.name } as const
    const record = insider.sign(OPERATION, encodeOperation({ change, deps }))
    deps = [record.hash]
    stage.backdated.add(record.hash)
    insider.publish("upd", record.encoded, insider.states()[0]?.era, stage.honest)
  }
}

/** Says of good commits that they lead nowhere. */
export function refuseGood(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  const own = groupOf(insider.person, stage.group)
  if (own === undefined) return
  for (const { sid, era, parent } of pathTo(own.forest, own.live).slice(0, 1 + stage.dice.below(3)))
    if (parent !== undefined)
      insider.publish("upd", insider.sign(REFUSAL, encodeTestimony(sid)).encoded, era, stage.honest)
}

/** Beside the newest commit a chain of its own, each commit of which cites what was realised long ago. */
export function citeRealised(stage: Stage): void {
  const insider = stage.dice.pick(stage.insiders)
  const rival = rivalOf(stage, insider)
  const own = groupOf(insider.person, stage.group)
  const realised = pathTo(own?.forest ?? new Map(), rival?.parent.sid ?? "").flatMap(({ ops }) => ops)
  let parent = rival?.parent
  for (let left = 4; left > 0 && parent !== undefined; left--) {
    const forged = insider.commitOn(parent, undefined, realised.slice(0, 8))
    if (forged === undefined) return
    insider.publishCommit(forged, stage.honest)
    if (rival?.isStronger === true) stage.ground.add(forged.node.sid)
    parent = forged.node
  }
}

/** One whom the founder has removed, and nobody has asked for again. */
function removedOf({ group, honest, insiders, ledger }: Stage): Insider | undefined {
  const known = honest.flatMap((person) => groupOf(person, group) ?? [])
  return insiders.find(({ person }) =>
    known.every((own) => ledger.removalsInForce(own).some(({ of }) => of === person)),
  )
}

/** One of its newest states. */
function recent(stage: Stage, insider: Insider): ForestNode | undefined {
  const states = insider.states().slice(0, 6)
  return states.length === 0 ? undefined : stage.dice.pick(states)
}
