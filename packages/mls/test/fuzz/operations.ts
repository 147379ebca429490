import { toHex, utf8 } from "@starling/kernel"
import {
  generateSignatureKeyPair,
  type LeafChange,
  type NewCommit,
  type ProposalIntent,
  type PskReference,
} from "@starling/mls"

import { EXTENSIONS, placeOf, RESUMPTIONS, type FuzzGroup } from "./fuzz-group.ts"
import type { Participant } from "./participant.ts"

/** Operations after which the group tends to another size. */
const SIZE_PHASE = 80
const MOST_AT_ONCE = 3

/** One step of a run. `most`: members at any time. */
export function operate(group: FuzzGroup, most: number): void {
  group.operation++
  if (group.operation % SIZE_PHASE === 1) group.size = 2 + group.chance.below(most - 1)
  for (const someone of group.people) {
    if (someone.asleepUntil === group.operation) group.wake(someone)
  }
  deliverWhatIsDue(group)
  const operation = group.chance.weighted(OPERATIONS)
  operation(group, most)
}

const OPERATIONS: readonly (readonly [weight: number, (group: FuzzGroup, most: number) => void])[] = [
  [20, (group, most) => commitOne(group, membershipChange(group, most))],
  [16, (group) => commitOne(group, keyChange(group))],
  [10, propositions],
  [4, entry],
  [4, siblings],
  [3, tamperedCommit],
  [1, subgroup],
  [30, talk],
  [5, (group) => group.store(group.chance.one(group.people))],
  [5, fallAsleep],
]

/** What somebody commits. */
type Change = (author: Participant) => Omit<NewCommit, "now">

function commitOne(group: FuzzGroup, change: Change): void {
  const author = someAuthor(group)
  group.send(group.prepare(author, change(author)))
}

/** Several commits on one state, by one or two authors; the group goes on with one of them. */
function siblings(group: FuzzGroup, most: number): void {
  const authors = [someAuthor(group), someAuthor(group)]
  const prepared = Array.from({ length: 2 + group.chance.below(2) }, () => {
    const author = group.chance.one(authors)
    const change = group.chance.percent(50) ? keyChange(group) : membershipChange(group, most)
    return group.prepare(author, change(author))
  })
  if (group.people.length < most && group.chance.percent(30)) prepared.push(group.prepareEntry(undefined, []))
  const chosen = group.chance.one(prepared)
  for (const other of prepared) if (other !== chosen) group.sendAside(other)
  group.send(chosen)
}

function tamperedCommit(group: FuzzGroup, most: number): void {
  const author = someAuthor(group)
  const change = group.chance.percent(50) ? keyChange(group) : membershipChange(group, most)
  const isEntry = group.people.length < most && group.chance.percent(30)
  const prepared = isEntry ? group.prepareEntry(undefined, []) : group.prepare(author, change(author))
  group.tamper(prepared)
  group.send(prepared)
}

/** Somebody new comes in by a commit of their own, or somebody comes back who lost everything. */
function entry(group: FuzzGroup, most: number): void {
  const { chance } = group
  const comesBack = group.people.length >= most || chance.percent(50)
  const replaced = comesBack ? chance.one(group.people) : undefined
  const keys = chance.percent(30) ? [externalPsk(group), ...resumption(group)] : []
  group.send(group.prepareEntry(replaced, keys))
}

function subgroup(group: FuzzGroup): void {
  const author = someAuthor(group)
  const others = group.awake().filter((someone) => someone !== author)
  group.branchOff(author, group.chance.some(others, 1 + group.chance.below(3)))
}

/** A few proposals by themselves, for whoever commits next. */
function propositions(group: FuzzGroup, most: number): void {
  const { chance } = group
  const times = 1 + chance.below(3)
  for (let i = 0; i < times; i++) {
    const author = someAuthor(group)
    const options = { wireFormat: chance.percent(30) ? "private" : "public" } as const
    const mayJoin = group.people.length + group.candidates.size < most
    const propose = chance.weighted<() => void>([
      [8, () => group.propose(author, { kind: "update", ...newIdentity(group) }, options)],
      [3, () => group.propose(author, { kind: "remove", leafIndex: placeOf(chance.one(group.people)) }, options)],
      [mayJoin ? 3 : 0, () => group.propose(author, addition(group), options)],
      [mayJoin ? 1 : 0, () => group.proposeToJoin()],
      [1, () => group.propose(author, { kind: "psk", psk: externalPsk(group) }, options)],
      [1, () => group.propose(author, extensionChange(group), options)],
    ])
    propose()
  }
}

function newIdentity({ chance, mls }: FuzzGroup): { readonly leaf?: LeafChange } {
  return chance.percent(20) ? { leaf: { signatureKeys: generateSignatureKeyPair(mls) } } : {}
}

/** Adds, removals or both, towards the size of the phase. */
function membershipChange(group: FuzzGroup, most: number): Change {
  return (author) => {
    const { chance } = group
    const others = group.people.filter((someone) => someone !== author)
    const room = Math.max(0, most - group.people.length)
    const few = () => (chance.percent(50) ? 1 : 1 + chance.below(MOST_AT_ONCE))
    const growing = chance.percent(group.people.length < group.size ? 75 : 25)
    const both = chance.percent(20)
    const remove = (both || !growing) && others.length > 0 ? chance.some(others, few()) : []
    const wanted = both || growing || remove.length === 0 ? few() : 0
    const adds = Array.from({ length: Math.min(wanted, room + remove.length) }, () => addition(group))
    const removes = remove.map((someone) => ({ kind: "remove", leafIndex: placeOf(someone) }) as const)
    return { ...someOptions(group, 25), proposals: [...removes, ...adds] }
  }
}

/** New keys, pre-shared keys, new extensions. */
function keyChange(group: FuzzGroup): Change {
  return () => {
    const { chance } = group
    const psk = (psk: PskReference) => ({ kind: "psk", psk }) as const
    const proposals = chance.weighted<() => readonly ProposalIntent[]>([
      [5, () => []],
      [2, () => [psk(externalPsk(group))]],
      [2, () => resumption(group).map(psk)],
      [1, () => [externalPsk(group), ...resumption(group)].map(psk)],
      [2, () => [extensionChange(group)]],
    ])()
    return { ...someOptions(group, 60), ...(chance.percent(10) ? newIdentity(group) : {}), proposals }
  }
}

function addition(group: FuzzGroup): ProposalIntent {
  return { kind: "add", keyPackage: group.candidate().client.keyPackage.keyPackage }
}

function extensionChange({ chance, source }: FuzzGroup): ProposalIntent {
  const types = EXTENSIONS.filter(() => chance.percent(60))
  const extensions = types.map((type) => ({ type, data: source.draw(1 + chance.below(20)) }))
  return { kind: "group-context-extensions", extensions }
}

function someOptions({ chance }: FuzzGroup, withPath: number): Partial<NewCommit> {
  return {
    includePending: chance.percent(75),
    path: chance.percent(withPath),
    wireFormat: chance.percent(30) ? "private" : "public",
    padTo: chance.one([1, 64, 256]),
    authenticatedData: utf8(chance.percent(20) ? "beside it" : ""),
  }
}

function externalPsk(group: FuzzGroup): PskReference {
  const id = group.source.draw(8)
  group.externalPsks.set(toHex(id), group.source.draw(32))
  return { kind: "external", id }
}

function resumption(group: FuzzGroup): readonly PskReference[] {
  const epochs = [...group.resumptionPsks.keys()].slice(-RESUMPTIONS)
  if (epochs.length === 0) return []
  const { groupId } = group.one().state
  return [{ kind: "resumption", usage: "application", groupId, epoch: group.chance.one(epochs) }]
}

/** A few messages by one member; each of the others gets them at once, later, in another order, or never. */
function talk(group: FuzzGroup): void {
  const { chance } = group
  const sender = chance.one(group.people)
  const written = Array.from({ length: 1 + chance.below(3) }, () => group.write(sender, chance.below(300)))
  for (const reader of group.people) {
    if (reader === sender) continue
    for (const { message, data, epoch } of chance.percent(30) ? chance.shuffled(written) : written) {
      if (chance.percent(5)) continue
      const late = chance.percent(15) || reader.state.epoch < epoch
      if (!late) group.read(reader, { message, data, epoch })
      else group.deliveries.push({ to: reader.name, message, data, epoch, due: group.operation + chance.below(12) })
    }
  }
}

function deliverWhatIsDue(group: FuzzGroup): void {
  const due = group.deliveries.filter((delivery) => delivery.due <= group.operation)
  group.deliveries = group.deliveries.filter((delivery) => delivery.due > group.operation)
  for (const delivery of due) {
    const reader = group.people.find(({ name }) => name === delivery.to)
    if (reader !== undefined) group.read(reader, delivery)
  }
}

function fallAsleep(group: FuzzGroup): void {
  const awake = group.awake()
  if (awake.length < 3) return
  group.chance.one(awake).asleepUntil = group.operation + 2 + group.chance.below(25)
}

function someAuthor(group: FuzzGroup): Participant {
  group.one()
  return group.chance.one(group.awake())
}

/** Everybody catches up, and all that is on its way arrives: a point to go on from. */
export function settle(group: FuzzGroup): void {
  for (const someone of group.people) group.wake(someone)
  group.deliveries = group.deliveries.map((delivery) => ({ ...delivery, due: 0 }))
  deliverWhatIsDue(group)
  group.forgetPsks()
  group.check(group.one())
}
