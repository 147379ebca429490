import { expect, test } from "vitest"

import { addMailbox, mailboxLink } from "@starling/messenger"
import { decodeSyncRequest } from "@starling/messenger/parts"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

/** As if `person` had taken all but `left` of what it takes of `author` at once. */
function allButUseUp(person: Person, group: string, author: Person, left: number): void {
  const { durable } = person.state
  const known = durable.groups.get(group)!
  const used = { messages: 40_000 - left, bytes: 0, at: person.env().now }
  const delivery = { ...known.delivery, taken: new Map([[author.state.durable.own.device, used]]) }
  const groups = new Map(durable.groups).set(group, { ...known, delivery })
  person.state = { ...person.state, durable: { ...durable, groups } }
}

test("a flood that exchanges bring ends where one author's share does, says so, and costs the others nothing", () => {
  const { world, people, group } = gather(141, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  allButUseUp(bob, group, mallory, 5)
  world.goOffline(bob)
  const flood = Array.from({ length: 20 }, (_, i) => mallory.send(group, `flood ${i}`))
  const words = Array.from({ length: 20 }, (_, i) => `honest ${i}`)
  for (const text of words) alice.send(group, text)
  world.run(1_000)
  world.connect(alice, bob)
  world.connect(mallory, bob)
  world.run(30_000)
  const shown = new Set(bob.messages(group).map(({ id }) => id))
  expect(flood.filter((id) => shown.has(id))).toHaveLength(5)
  expect(bob.texts(group).filter((text) => text.startsWith("honest"))).toEqual(words.toSorted())
  expect(bob.detail(group).gaps).toEqual([{ why: "too-many", from: mallory.identity, name: "mallory", count: 15 }])
  expect(alice.messages(group)).toHaveLength(40)

  // Nobody is asked for it until there is room again; then it comes.
  const asked = overhearUntold(bob, mallory)
  world.run(30_000)
  mallory.send(group, "said live")
  world.run(30_000)
  expect(bob.messages(group)).toHaveLength(25)
  expect(asked.length).toBeGreaterThan(3)
  expect(asked).not.toContain(false)
  world.run(75 * 60_000)
  expect(asked).toContain(false)
  expect(bob.texts(group)).toHaveLength(41)
  expect(bob.detail(group).gaps).toEqual([])
})

test("what there was no room for comes from a mailbox, too, when there is", () => {
  const { world, people, group } = gather(142, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const mailbox = world.person("mailbox", 0, { mailbox: true })
  const link = mailboxLink(mailbox.state, ["/memory/mailbox"], mailbox.env())
  alice.verb((state, env) => addMailbox(state, group, link, env))
  world.run(15_000)
  allButUseUp(bob, group, mallory, 5)
  for (const person of [alice, bob, mallory]) world.goOffline(person)
  world.connect(mallory, mailbox)
  for (let i = 0; i < 20; i++) mallory.send(group, `flood ${i}`)
  world.run(15_000)
  world.goOffline(mallory)
  world.connect(bob, mailbox)
  world.run(30_000)
  expect(bob.texts(group).length).toBeLessThan(10)
  world.run(80 * 60_000)
  expect(bob.texts(group)).toHaveLength(20)
})

/** Whether each request that `person` makes leaves out what `author` wrote. */
function overhearUntold(person: Person, author: Person): boolean[] {
  const untold: boolean[] = []
  person.overheard = (effect) => {
    const request =
      effect.kind === "request" && effect.protocol === "sync" ? decodeSyncRequest(effect.payload) : undefined
    if (request?.kind === "ok") untold.push(request.value.untold.has(author.state.durable.own.device))
  }
  return untold
}
