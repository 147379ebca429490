import { expect, test } from "vitest"

import { addMailbox, answered, mailboxLink, removeMailbox, requested } from "@starling/messenger"
import {
  decodeAnswer,
  decodeSyncAnswer,
  encodeMailboxRecord,
  encodeSyncAnswer,
  okAnswer,
  parseMailboxLink,
  type GroupMailbox,
} from "@starling/messenger/parts"

import { gather, gatherUnder } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

const MAILBOX = 7

function openMailbox(world: World, name = "mailbox"): Person {
  return world.person(name, 0, { mailbox: true })
}

function linkOf(mailbox: Person): string {
  return mailboxLink(mailbox.state, [`/memory/${mailbox.name}`], mailbox.env())
}

function asUsed(mailbox: Person, at: number): GroupMailbox {
  const link = parseMailboxLink(linkOf(mailbox))
  if (link.kind !== "ok") throw new Error("a mailbox has a link")
  return { ...link.value, at, used: true }
}

function choose(person: Person, group: string, mailbox: Person): void {
  person.verb((state, env) => addMailbox(state, group, linkOf(mailbox), env))
}

function mailboxesOf(person: Person, group: string): string[] {
  return person.detail(group).mailboxes.map(({ peerId }) => peerId)
}

test("where admins remove, they choose the mailboxes: a plain member's word counts nowhere, signed or told", () => {
  const { world, people, group } = gatherUnder({ invite: "everyone", remove: "admins" }, 161, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const [good, bad] = [openMailbox(world, "good"), openMailbox(world, "bad")]
  choose(alice, group, good)
  world.run(5_000)
  expect(mallory.detail(group).may.chooseMailboxes).toBe(false)
  expect(addMailbox(mallory.state, group, linkOf(bad), mallory.env())).toMatchObject({ code: "not-allowed" })
  expect(removeMailbox(mallory.state, group, good.peerId, mallory.env())).toMatchObject({ code: "not-allowed" })

  const insider = new Insider(world, mallory, group)
  const { forest, live } = mallory.state.durable.groups.get(group)!
  for (const mailbox of [asUsed(bad, world.now), { ...asUsed(good, world.now), used: false }]) {
    const body = encodeMailboxRecord({
      mailbox,
      supersedes: [...mallory.state.durable.groups.get(group)!.mailboxWords.keys()],
    })
    insider.publish("upd", insider.sign(MAILBOX, body).encoded, forest.get(live)?.era, [alice, bob])
  }
  bob.overheard = (effect) => {
    if (effect.kind !== "request" || effect.protocol !== "sync" || effect.peerId !== mallory.peerId) return
    world.after(0, () => {
      const step = requested(mallory.state, "sync", effect.payload, bob.peerId, mallory.env())
      const answer = decodeAnswer(step.answer)
      const told = answer.kind === "ok" ? decodeSyncAnswer(answer.value.body) : answer
      if (told.kind !== "ok" || !("tip" in told.value)) return
      const payload = okAnswer(encodeSyncAnswer({ ...told.value, mailboxes: [asUsed(bad, world.now)] }))
      bob.input((state, env) => answered(state, effect.token, { kind: "answer", payload }, env))
    })
  }
  world.run(60_000)
  for (const person of [alice, bob, mallory]) expect(mailboxesOf(person, group), person.name).toEqual([good.peerId])
  // Whom the owner makes an admin is heard with what they signed before; whom they make one no more, is not.
  alice.giveRole(group, mallory, "admin")
  world.run(15_000)
  expect(mailboxesOf(bob, group)).toEqual([bad.peerId])
  alice.giveRole(group, mallory, "member")
  world.run(15_000)
  expect(mailboxesOf(bob, group)).toEqual([good.peerId])
})

test("of words that did not know of each other the one that ends the use stands, until somebody who knows both chooses again", () => {
  const { world, people, group } = gather(162, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  const mailbox = openMailbox(world)
  choose(alice, group, mailbox)
  world.run(5_000)
  world.goOffline(bob)
  bob.verb((state, env) => removeMailbox(state, group, mailbox.peerId, env))
  alice.verb((state, env) => removeMailbox(state, group, mailbox.peerId, env))
  choose(alice, group, mailbox)
  world.connect(alice, bob)
  world.run(15_000)
  for (const person of people) expect(mailboxesOf(person, group), person.name).toEqual([])
  choose(carol, group, mailbox)
  world.run(15_000)
  for (const person of people) expect(mailboxesOf(person, group), person.name).toEqual([mailbox.peerId])
})

test("among equals, whoever floods with mailboxes puts nobody senior's out, and everybody uses the same four", () => {
  const { world, people, group } = gather(163, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const good = openMailbox(world, "good")
  choose(alice, group, good)
  world.run(5_000)
  const insider = new Insider(world, mallory, group)
  const { forest, live } = mallory.state.durable.groups.get(group)!
  for (let i = 0; i < 40; i++) {
    const mailbox = { ...asUsed(good, world.now), transportKey: new Uint8Array(32).fill(i + 1) }
    const body = encodeMailboxRecord({ mailbox, supersedes: [] })
    insider.publish("upd", insider.sign(MAILBOX, body).encoded, forest.get(live)?.era, [alice, bob])
  }
  world.run(60_000)
  const used = mailboxesOf(alice, group)
  expect(used).toHaveLength(4)
  expect(used[0]).toBe(good.peerId)
  for (const person of people) expect(mailboxesOf(person, group), person.name).toEqual(used)
  const words = alice.state.durable.groups.get(group)!.mailboxWords
  expect(words.size).toBe(33)
})

test("a mailbox that was in use before goes on being used, and is signed by a member who may choose", () => {
  const { world, people, group } = gatherUnder({ invite: "everyone", remove: "admins" }, 164, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const mailbox = openMailbox(world)
  for (const person of people) {
    const { durable } = person.state
    const known = durable.groups.get(group)!
    const delivery = { ...known.delivery, mailboxes: new Map([[mailbox.peerId, asUsed(mailbox, world.now)]]) }
    person.state = {
      ...person.state,
      durable: { ...durable, groups: new Map(durable.groups).set(group, { ...known, delivery }) },
    }
    person.send(group, "writes the row")
    expect(mailboxesOf(person, group)).toEqual([mailbox.peerId])
  }
  for (const person of people) person.restart()
  world.run(15_000)
  for (const person of people) expect(mailboxesOf(person, group), person.name).toEqual([mailbox.peerId])
  alice.verb((state, env) => removeMailbox(state, group, mailbox.peerId, env))
  world.run(15_000)
  for (const person of [alice, bob]) expect(mailboxesOf(person, group), person.name).toEqual([])
})
