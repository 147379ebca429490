import { toHex, utf8 } from "@starling/kernel"
import { type Extension, type NewCommit, type ProposalIntent } from "@starling/mls"

import { EXTENSIONS, type Change, type FuzzGroup } from "./fuzz-group.ts"
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

const OPERATIONS: readonly (readonly [number, (group: FuzzGroup, most: number) => void])[] = [
  [20, (group, most) => commitOne(group, membershipChange(group, most))],
  [18, (group) => commitOne(group, keyChange(group))],
  [4, siblings],
  [3, tamperedCommit],
  [30, talk],
  [5, (group) => group.store(group.chance.one(group.people))],
  [5, fallAsleep],
]

function commitOne(group: FuzzGroup, change: (author: Participant) => Change): void {
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
  const chosen = group.chance.one(prepared)
  for (const other of prepared) if (other !== chosen) group.sendAside(other)
  group.send(chosen)
}

function tamperedCommit(group: FuzzGroup, most: number): void {
  const author = someAuthor(group)
  const change = group.chance.percent(50) ? keyChange(group) : membershipChange(group, most)
  const prepared = group.prepare(author, change(author))
  group.tamper(prepared)
  group.send(prepared)
}

/** Adds, removals or both, towards the size of the phase. */
function membershipChange(group: FuzzGroup, most: number): (author: Participant) => Change {
  return (author) => {
    const { chance } = group
    const others = group.people.filter((someone) => someone !== author)
    const room = most - group.people.length
    const few = () => (chance.percent(50) ? 1 : 1 + chance.below(MOST_AT_ONCE))
    const growing = chance.percent(group.people.length < group.size ? 75 : 25)
    const both = chance.percent(20)
    const remove = (both || !growing) && others.length > 0 ? chance.some(others, few()) : []
    const wanted = both || growing || remove.length === 0 ? few() : 0
    const add = Array.from({ length: Math.min(wanted, room + remove.length) }, () => group.newName())
    return { add, remove, options: someOptions(group, 25) }
  }
}

/** New keys, pre-shared keys, new extensions; now and then with somebody added too. */
function keyChange(group: FuzzGroup): (author: Participant) => Change {
  return () => {
    const { chance } = group
    const others = chance.weighted<() => readonly ProposalIntent[]>([
      [5, () => []],
      [2, () => [externalPsk(group)]],
      [2, () => resumption(group)],
      [1, () => [externalPsk(group), ...resumption(group)]],
      [2, () => [{ kind: "group-context-extensions", extensions: someExtensions(group) }]],
    ])()
    return { others, options: someOptions(group, 60) }
  }
}

function someOptions({ chance }: FuzzGroup, withPath: number): Partial<NewCommit> {
  return {
    path: chance.percent(withPath),
    wireFormat: chance.percent(30) ? "private" : "public",
    padTo: chance.one([1, 64, 256]),
    authenticatedData: utf8(chance.percent(20) ? "beside it" : ""),
  }
}

function externalPsk(group: FuzzGroup): ProposalIntent {
  const id = group.source.draw(8)
  group.externalPsks.set(toHex(id), group.source.draw(32))
  return { kind: "psk", psk: { kind: "external", id } }
}

function resumption(group: FuzzGroup): readonly ProposalIntent[] {
  const epochs = [...group.resumptionPsks.keys()].slice(-8)
  if (epochs.length === 0) return []
  const { groupId } = group.current()
  const psk = { kind: "resumption", usage: "application", groupId, epoch: group.chance.one(epochs) } as const
  return [{ kind: "psk", psk }]
}

function someExtensions({ chance, source }: FuzzGroup): readonly Extension[] {
  return EXTENSIONS.filter(() => chance.percent(60)).map((type) => ({ type, data: source.draw(1 + chance.below(20)) }))
}

/** A few messages by one member; each of the others gets them at once, later, in another order, or never. */
function talk(group: FuzzGroup): void {
  const { chance } = group
  const sender = chance.one(group.people)
  const written = Array.from({ length: 1 + chance.below(3) }, () => group.write(sender, chance.below(300)))
  for (const reader of group.people) {
    if (reader === sender) continue
    for (const { from, message, data, epoch } of chance.percent(30) ? chance.shuffled(written) : written) {
      if (chance.percent(5)) continue
      const late = chance.percent(15) || reader.state.epoch < epoch
      if (!late) group.read(reader, { message, data, epoch })
      else
        group.deliveries.push({ to: reader.name, from, message, data, epoch, due: group.operation + chance.below(12) })
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
