import { expect, test } from "vitest"

import { fromHex } from "@starling/kernel"
import { addMailbox, answered, deliveryOf, mailboxLink, markRead, removeMailbox, requested } from "@starling/messenger"
import {
  decodeAnswer,
  decodeEnvelope,
  decodeFetchAnswer,
  decodeMailboxRequest,
  encodeFetchAnswer,
  encodeMailboxRequest,
  encodeSealedMessage,
  okAnswer,
  openEnvelope,
  sealEnvelope,
  type MailboxRequest,
} from "@starling/messenger/parts"

import { expectOneState, expectTexts } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"
import type { World } from "../../src/world.ts"

function openMailbox(world: World): Person {
  return world.person("mailbox", 0, { mailbox: true })
}

function linkOf(mailbox: Person): string {
  return mailboxLink(mailbox.state, ["/memory/mailbox"], mailbox.env())
}

function handOver(person: Person, group: string, mailbox: Person): void {
  person.verb((state, env) => addMailbox(state, group, linkOf(mailbox), env))
}

/** Only `person` and the mailbox are there, for a while. */
function alone(world: World, person: Person, mailbox: Person, milliseconds = 15_000): void {
  for (const other of world.people.values()) world.goOffline(other)
  world.connect(person, mailbox)
  world.run(milliseconds)
}

/** Everybody hears of the mailbox, and nobody is online any more. */
function prepare(seed: number, ...names: readonly string[]) {
  const { world, people, group } = gather(seed, ...names)
  const mailbox = openMailbox(world)
  const [first] = people as [Person]
  handOver(first, group, mailbox)
  world.run(15_000)
  for (const person of people) expect(person.detail(group).mailboxes, person.name).toHaveLength(1)
  for (const person of people) world.goOffline(person)
  return { world, people, group, mailbox }
}

function eraKeysOf(person: Person, group: string): Uint8Array[] {
  const { forest } = person.state.durable.groups.get(group)!
  return [...forest.values()].flatMap(({ era }) => (era === undefined ? [] : [era.key]))
}

test("two who are never online together talk through a mailbox, and learn what arrived and was read", () => {
  const { world, people, group, mailbox } = prepare(111, "alice", "bob", "carol")
  const [alice, bob] = people as [Person, Person]
  const id = alice.send(group, "for bob")
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 0, delivered: 0, mailboxes: 0 })
  alone(world, alice, mailbox, 2_000)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ reached: 0, delivered: 0, mailboxes: 1 })
  alone(world, bob, mailbox)
  expectTexts(group, ["for bob"], bob)
  bob.verb((state, env) => markRead(state, group, env))
  bob.send(group, "for alice")
  world.run(15_000)
  alone(world, alice, mailbox)
  expectTexts(group, ["for bob", "for alice"], alice)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ delivered: 1, recipients: 2, read: 1, mailboxes: 1 })
})

test("a note names messages: another one under the same number, after a backup, is not taken for delivered", () => {
  const { world, people, group, mailbox } = prepare(119, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  const backup = alice.store.copy()
  const first = alice.send(group, "before the backup was put back")
  alone(world, alice, mailbox)
  alone(world, bob, mailbox)
  world.goOffline(bob)
  alone(world, alice, mailbox)
  expect(deliveryOf(alice.state, group, first)).toMatchObject({ delivered: 1 })
  alice.stop()
  alice.store.restore(backup)
  alice.boot()
  const second = alice.send(group, "under the same number")
  alone(world, alice, mailbox)
  expect(bob.messages(group).map(({ id }) => id)).toEqual([first])
  expect(deliveryOf(alice.state, group, second)).toMatchObject({ delivered: 0, recipients: 1 })
})

test("commits and removals pass through too, and a new era has a box of its own that who was removed can't open", () => {
  const { world, people, group, mailbox } = prepare(112, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  alice.heal(group)
  alice.send(group, "healed")
  alice.remove(group, carol)
  alice.send(group, "without carol")
  alone(world, alice, mailbox)
  alone(world, carol, mailbox)
  alone(world, bob, mailbox)
  expectOneState(group, alice, bob)
  expectTexts(group, ["healed", "without carol"], bob)
  expectTexts(group, ["healed"], carol)
  expect(mailbox.state.durable.boxes.size).toBe(2)
  expect(carol.phase(group)).toBe("removed")
})

test("a member leaves there what others wrote, where the author never met the mailbox", () => {
  const { world, people, group, mailbox } = prepare(113, "alice", "bob", "carol")
  const [alice, bob, carol] = people as [Person, Person, Person]
  world.connect(alice, bob)
  world.run(1_000)
  alice.send(group, "by bob's hand")
  world.run(3_000)
  alone(world, bob, mailbox)
  alone(world, carol, mailbox)
  expectTexts(group, ["by bob's hand"], carol)
})

test("a mailbox holds no key, no name and no word, and opens nothing of what it keeps", () => {
  const { world, people, group, mailbox } = prepare(114, "alice", "bob")
  const [alice] = people as [Person]
  alice.send(group, "a plain secret")
  alone(world, alice, mailbox)
  const rows = [
    "self",
    "boxes",
    "envelopes",
    "groups",
    "nodes",
    "states",
    "records",
    "messages",
    "history",
    "contacts",
  ].flatMap((bucket) => mailbox.store.all(bucket).map((row) => ({ ...row, bucket })))
  expect(new Set(rows.map(({ bucket }) => bucket))).toEqual(new Set(["self", "boxes", "envelopes"]))
  const known = alice.state.durable.groups.get(group)!
  const secrets = [
    ...eraKeysOf(alice, group),
    known.id,
    new TextEncoder().encode("a plain secret"),
    new TextEncoder().encode(known.founding.name),
    ...people.map((person) => fromHex(person.state.durable.own.device)!),
  ]
  for (const { bucket, value } of rows)
    for (const secret of secrets) expect(Buffer.from(value).includes(Buffer.from(secret)), bucket).toBe(false)

  // The members' key opens what is there; nothing that the mailbox was ever sent does.
  const era = [...known.forest.values()].find((node) => node.era !== undefined)!.era!
  const envelopes = rows.filter(({ bucket }) => bucket === "envelopes").map(({ value }) => value.subarray(20))
  const opened = envelopes.flatMap((bytes) => {
    const envelope = decodeEnvelope(bytes)
    return envelope.kind === "ok" ? [openEnvelope(crypto, era, envelope.value)] : []
  })
  expect(opened.length).toBeGreaterThan(2)
  expect(opened).not.toContain(undefined)
  const [box] = [...mailbox.state.durable.boxes.values()]
  for (const bytes of envelopes) {
    const envelope = decodeEnvelope(bytes)
    if (envelope.kind !== "ok") throw new Error("not an envelope")
    for (const held of [fromHex(box!.token)!, new Uint8Array(32).fill(1)])
      expect(openEnvelope(crypto, { ...era, key: held }, envelope.value)).toBeUndefined()
  }
})

function overhear(person: Person): MailboxRequest[] {
  const requests: MailboxRequest[] = []
  person.overheard = (effect) => {
    if (effect.kind !== "request" || effect.protocol !== "mailbox") return
    const request = decodeMailboxRequest(effect.payload)
    if (request.kind === "ok") requests.push(request.value)
  }
  return requests
}

test("only who was handed the capability reads or writes: another token, or no access to open a box, is refused", () => {
  const { world, people, group, mailbox } = prepare(115, "alice", "bob")
  const [alice] = people as [Person]
  const requests = overhear(alice)
  alice.send(group, "words")
  alone(world, alice, mailbox)
  const fetch = requests.find(({ ask }) => ask.kind === "fetch")!
  const put = requests.find(({ ask }) => ask.kind === "put")!
  const statusOf = (request: MailboxRequest): string => {
    const payload = encodeMailboxRequest(request)
    const step = requested(mailbox.state, "mailbox", payload, "12D3KooWStranger", mailbox.env())
    const answer = decodeAnswer(step.answer)
    return answer.kind === "ok" ? answer.value.status : answer.kind
  }
  expect(statusOf(fetch)).toBe("ok")
  for (const request of [fetch, put]) {
    expect(statusOf({ ...request, token: new Uint8Array(32).fill(1) })).toBe("not-a-member")
    expect(statusOf({ ...request, box: new Uint8Array(16).fill(1), access: new Uint8Array(16).fill(1) })).toBe(
      "not-a-member",
    )
  }
  expect(
    statusOf({ ...put, ask: { kind: "put", entries: [{ slot: new Uint8Array(0), envelope: new Uint8Array(99) }] } }),
  ).toBe("malformed")
  // A person's peer is no mailbox, and a mailbox is no person.
  for (const [person, protocol] of [
    [alice, "mailbox"],
    [mailbox, "sync"],
    [mailbox, "hello"],
    [mailbox, "key-package"],
  ] as const) {
    const step = requested(person.state, protocol, encodeMailboxRequest(fetch), "x", person.env())
    expect(decodeAnswer(step.answer)).toMatchObject({ kind: "ok", value: { status: "not-a-member" } })
  }
})

test("a full mailbox refuses and drops nothing; the author is told, and shows nothing as kept", () => {
  const { world, people, group, mailbox } = prepare(116, "alice", "bob")
  const [alice] = people as [Person]
  alone(world, alice, mailbox)
  const boxes = new Map(
    [...mailbox.state.durable.boxes].map(([name, box]) => [name, { ...box, bytes: 64 * 1024 * 1024 - 10 }] as const),
  )
  mailbox.state = { ...mailbox.state, durable: { ...mailbox.state.durable, boxes } }
  const before = mailbox.store.all("envelopes").length
  const id = alice.send(group, "no room")
  alone(world, alice, mailbox)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ mailboxes: 0 })
  expect(alice.troubles().some((text) => text.includes("is full"))).toBe(true)
  expect(mailbox.store.all("envelopes")).toHaveLength(before)
})

test("what was promised is kept, then let go; nothing is shown as kept longer than that", () => {
  const { world, people, group, mailbox } = prepare(117, "alice", "bob")
  const [alice] = people as [Person]
  const id = alice.send(group, "three days")
  alone(world, alice, mailbox)
  // Writes what was deferred.
  alice.heal(group)
  const hour = 3_600_000
  const later = (hours: number): void => {
    for (const person of [alice, mailbox]) {
      world.goOffline(person)
      person.clockOffset = hours * hour
      person.restart()
    }
    world.run(60_000)
  }
  later(60)
  expect(deliveryOf(alice.state, group, id)).toMatchObject({ mailboxes: 1 })
  expect(mailbox.store.all("envelopes").length).toBeGreaterThan(0)
  later(74)
  expect(deliveryOf(alice.state, group, id)?.mailboxes ?? 0).toBe(0)
  expect(mailbox.store.all("envelopes")).toHaveLength(0)
})

test("a mailbox that lost what it had is filled anew, and does not pass for holding it", () => {
  const { world, people, group, mailbox } = prepare(118, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  alice.send(group, "kept twice")
  alone(world, alice, mailbox)
  mailbox.store.commit(
    [...mailbox.state.durable.boxes.keys()].flatMap((name) => [
      { kind: "delete-partition", bucket: "envelopes", partition: name } as const,
      { kind: "delete", bucket: "boxes", partition: "", key: name } as const,
    ]),
  )
  mailbox.restart()
  alone(world, alice, mailbox, 40_000)
  alone(world, bob, mailbox)
  expectTexts(group, ["kept twice"], bob)
})

test("the mailbox is used no more once a member says so, on every device", () => {
  const { world, people, group, mailbox } = prepare(119, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  world.connect(alice, bob)
  world.run(1_000)
  bob.verb((state, env) => removeMailbox(state, group, mailbox.peerId, env))
  world.run(15_000)
  expect(alice.detail(group).mailboxes).toEqual([])
  const requests = overhear(alice)
  alice.send(group, "not for the box")
  alone(world, alice, mailbox)
  expect(requests).toEqual([])
})

function answerTo(mailbox: Person, request: MailboxRequest, from: string) {
  const payload = encodeMailboxRequest(request)
  const step = requested(mailbox.state, "mailbox", payload, from, mailbox.env())
  const answer = decodeAnswer(step.answer)
  return { step, status: answer.kind === "ok" ? answer.value.status : answer.kind }
}

test("one peer that fills its share takes no room from the others, and an empty put opens no box", () => {
  const { world, people, group, mailbox } = prepare(121, "alice", "bob")
  const [alice] = people as [Person]
  const requests = overhear(alice)
  alice.send(group, "words")
  alone(world, alice, mailbox)
  const put = requests.find(({ ask }) => ask.kind === "put")!
  const empty = { ...put, box: new Uint8Array(16).fill(9), ask: { kind: "put", entries: [] } } as const
  const before = mailbox.state
  expect(answerTo(mailbox, empty, "12D3KooWFlooder")).toMatchObject({ status: "malformed", step: { state: before } })

  const open = (i: number): MailboxRequest => ({
    ...put,
    box: Uint8Array.from({ length: 16 }, (_, k) => (k === 0 ? i : k)),
  })
  const statuses = Array.from({ length: 200 }, (_, i) => {
    const { step, status } = answerTo(mailbox, open(i), "12D3KooWFlooder")
    if (status === "ok") mailbox.input(() => step)
    return status
  })
  expect(statuses.filter((status) => status === "ok")).toHaveLength(128)
  expect(answerTo(mailbox, open(250), "12D3KooWFlooder").status).toBe("exhausted")
  expect(answerTo(mailbox, open(250), alice.peerId).status).toBe("ok")

  const bytes = 32 * 1024 * 1024 - 10
  const boxes = new Map(
    [...mailbox.state.durable.boxes].map(([name, box]) => {
      const shares = new Map([...box.shares.keys()].map((by) => [by, bytes] as const))
      return [name, { ...box, bytes, shares }] as const
    }),
  )
  mailbox.state = { ...mailbox.state, durable: { ...mailbox.state.durable, boxes: new Map([...boxes].slice(0, 1)) } }
  const more: MailboxRequest = { ...put, ask: { kind: "put", entries: otherEnvelopes(requests) } }
  expect(answerTo(mailbox, more, alice.peerId).status).toBe("exhausted")
  expect(answerTo(mailbox, more, "12D3KooWSomebodyElse").status).toBe("ok")
})

/** Envelopes that are well made and that no mailbox has. */
function otherEnvelopes(requests: readonly MailboxRequest[]) {
  const entries = requests.flatMap(({ ask }) => (ask.kind === "put" ? ask.entries : []))
  return entries.map(({ slot, envelope }) => ({
    slot,
    envelope: envelope.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
  }))
}

test.for([
  { name: "numbers that it was told before", bend: repeated },
  { name: "a promise of more that nothing comes of", bend: promised },
])("a mailbox that answers with $name is left until the next round", ({ bend }) => {
  const { world, people, group, mailbox } = prepare(122, "alice", "bob")
  const [alice, bob] = people as [Person, Person]
  alice.send(group, "kept")
  alone(world, alice, mailbox)
  const tokens: string[] = []
  bob.overheard = (effect) => {
    if (effect.kind === "request" && effect.protocol === "mailbox") tokens.push(effect.token)
  }
  for (const person of people) world.goOffline(person)
  world.connect(bob, mailbox)
  let answers = 0
  for (let i = 0; i < 20_000; i++) {
    const token = tokens[answers]
    if (token !== undefined) {
      answers++
      bob.input((state, env) => answered(state, token, { kind: "answer", payload: bend(mailbox) }, env))
    }
    world.run(1)
  }
  expect(answers).toBeGreaterThan(1)
  expect(answers).toBeLessThan(12)
})

function repeated(mailbox: Person): Uint8Array {
  return lyingAnswer(mailbox, [7], true)
}

function promised(mailbox: Person): Uint8Array {
  return lyingAnswer(mailbox, [], true)
}

function lyingAnswer(mailbox: Person, numbers: readonly number[], more: boolean): Uint8Array {
  const [box] = [...mailbox.state.durable.boxes.values()]
  const [row] = mailbox.store.all("envelopes")
  const entries = numbers.map((number) => ({ number, envelope: row!.value.slice(20) }))
  return okAnswer(encodeFetchAnswer({ instance: fromHex(box!.instance)!, entries, more }))
}

test("an answer whose numbers do not ascend is refused whole", () => {
  const [instance, envelope] = [new Uint8Array(8), new Uint8Array(40)]
  const of = (...numbers: readonly number[]): string =>
    decodeFetchAnswer(
      encodeFetchAnswer({ instance, entries: numbers.map((number) => ({ number, envelope })), more: false }),
    ).kind
  expect([of(1, 2, 9), of(1, 1), of(2, 1)]).toEqual(["ok", "malformed", "malformed"])
})

test("numbers that somebody made up, and put into the box, are noted by nobody who reads it", () => {
  const { world, people, group, mailbox } = prepare(123, "alice", "bob", "mallory")
  const [alice, bob] = people as [Person, Person]
  const requests = overhear(alice)
  alice.send(group, "words")
  alone(world, alice, mailbox)
  const put = requests.find(({ ask }) => ask.kind === "put")!
  const { forest, live: sid } = alice.state.durable.groups.get(group)!
  const { device } = alice.state.durable.own
  const entries = Array.from({ length: 300 }, (_, i) => {
    const sealed = encodeSealedMessage({ device, seq: 10 + 2 * i, sid, mls: new Uint8Array(16) })
    return { slot: new Uint8Array(0), envelope: sealEnvelope(crypto, forest.get(sid)!.era!, "msg", sealed) }
  })
  const payload = encodeMailboxRequest({ ...put, ask: { kind: "put", entries } })
  mailbox.input((state, env) => requested(state, "mailbox", payload, "12D3KooWMallory", env))
  alone(world, bob, mailbox)
  expectTexts(group, ["words"], bob)
  const noted = bob.state.work.get(group)?.mailboxes.get(mailbox.peerId)?.messages.get(device)
  expect(noted).toEqual([{ from: 1, to: 1 }])
})
