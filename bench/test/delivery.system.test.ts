import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join as pathOf } from "node:path"

import { osEntropy } from "@starling/entropy/node"
import { Secret, utf8 } from "@starling/kernel"
import { openStore } from "@starling/store"
import { expect, onTestFinished, test } from "vitest"
import { z } from "zod"

import { Daemon, freePort, until } from "../src/daemon.ts"

const Linked = z.object({ link: z.string() })
const Created = z.object({ group: z.string() })
const Sent = z.object({ id: z.string() })
const Delivery = z.object({
  reached: z.number(),
  delivered: z.number(),
  recipients: z.number(),
  read: z.number(),
  mailboxes: z.number(),
})
const Messages = z.array(z.object({ id: z.string(), text: z.string(), delivery: Delivery.optional() }))
const Detail = z.object({
  members: z.array(z.unknown()),
  mailboxes: z.array(z.object({ peerId: z.string(), connected: z.boolean() })),
  gaps: z.array(z.unknown()),
})
const QUIET = ["--headless", "--no-mdns", "--eaas", "off"]

/** Somebody whose daemon comes and goes, always at the same address. */
class Person {
  readonly name: string
  readonly folder: string
  readonly #port: number
  #daemon: Daemon | undefined

  private constructor(name: string, folder: string, port: number) {
    this.name = name
    this.folder = folder
    this.#port = port
  }

  static async called(name: string): Promise<Person> {
    const folder = mkdtempSync(pathOf(tmpdir(), `starling-${name}-`))
    const person = new Person(name, folder, await freePort())
    onTestFinished(async () => {
      await person.goOffline()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    })
    return person
  }

  get daemon(): Daemon {
    if (this.#daemon === undefined) throw new Error(`${this.name} is not online`)
    return this.#daemon
  }

  async comeOnline(): Promise<void> {
    const { folder, name } = this
    this.#daemon = await Daemon.start({ folder, name, tcpPort: this.#port, more: QUIET })
  }

  async goOffline(): Promise<void> {
    await this.#daemon?.[Symbol.asyncDispose]()
    this.#daemon = undefined
  }

  async link(): Promise<string> {
    return (await this.daemon.call("GET", "/api/contacts/link", Linked)).link
  }

  async send(group: string, text: string): Promise<string> {
    return (await this.daemon.call("POST", `/api/groups/${group}/messages`, Sent, { text })).id
  }

  async texts(group: string): Promise<readonly string[]> {
    const messages = await this.daemon.call("GET", `/api/groups/${group}/messages`, Messages)
    return messages.map(({ text }) => text)
  }

  async hears(group: string, text: string): Promise<void> {
    await until(async () => (await this.texts(group)).includes(text), 60_000)
  }

  async deliveryOf(group: string, id: string): Promise<z.infer<typeof Delivery> | undefined> {
    const messages = await this.daemon.call("GET", `/api/groups/${group}/messages`, Messages)
    return messages.find((message) => message.id === id)?.delivery
  }

  async reads(group: string): Promise<void> {
    await this.daemon.call("POST", `/api/groups/${group}/read`, z.unknown())
  }

  async detail(group: string): Promise<z.infer<typeof Detail>> {
    return await this.daemon.call("GET", `/api/groups/${group}`, Detail)
  }
}

/** `host` invites `guest`, who is online, and accepts. */
async function join(host: Person, guest: Person, group: string): Promise<void> {
  await host.daemon.call("POST", "/api/contacts", z.unknown(), { link: await guest.link() })
  const invited = host.daemon.call("POST", `/api/groups/${group}/invitations`, z.unknown(), {
    peer: guest.daemon.identity,
  })
  await until(async () => (await guest.daemon.call("GET", "/api/invitations", z.array(z.unknown()))).length > 0, 60_000)
  await guest.daemon.call("POST", `/api/invitations/${group}/accept`, z.unknown())
  await invited
}

test("two who are never online together exchange messages through a third member", { timeout: 240_000 }, async () => {
  const [ana, bo, cy] = [await Person.called("Ana"), await Person.called("Bo"), await Person.called("Cy")]
  await cy.comeOnline()
  const { group } = await cy.daemon.call("POST", "/api/groups", Created, { name: "Relay" })
  for (const guest of [ana, bo]) {
    await guest.comeOnline()
    await join(cy, guest, group)
    await until(async () => (await guest.detail(group)).members.length >= 2, 60_000)
    if (guest === ana) await ana.goOffline()
  }
  await bo.goOffline()

  await ana.comeOnline()
  await until(async () => (await ana.detail(group)).members.length === 3, 60_000)
  const id = await ana.send(group, "for Bo, whom I never meet")
  await until(async () => (await ana.deliveryOf(group, id))?.delivered === 1)
  // Cy has it, and Bo can't.
  expect(await ana.deliveryOf(group, id)).toMatchObject({ delivered: 1, recipients: 2, read: 0, mailboxes: 0 })
  await ana.goOffline()

  await bo.comeOnline()
  await bo.hears(group, "for Bo, whom I never meet")
  await bo.send(group, "and back")
  await cy.hears(group, "and back")
  await bo.goOffline()
  await ana.comeOnline()
  await ana.hears(group, "and back")
  expect((await ana.detail(group)).gaps).toEqual([])
})

test(
  "two who are never online together exchange messages through a mailbox, which reads none of it",
  { timeout: 300_000 },
  async () => {
    const folder = mkdtempSync(pathOf(tmpdir(), "starling-mailbox-"))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
    await using mailbox = await Daemon.start({ folder, tcpPort: await freePort(), mailbox: true })
    const [ana, bo, cy] = [await Person.called("Ana"), await Person.called("Bo"), await Person.called("Cy")]
    const name = "Penguins of the south"
    const texts = ["left in the box for Bo", "fetched, and answered"] as const

    await cy.comeOnline()
    const { group } = await cy.daemon.call("POST", "/api/groups", Created, { name })
    await cy.daemon.call("POST", `/api/groups/${group}/mailboxes`, z.unknown(), { link: mailbox.mailbox })
    for (const guest of [ana, bo]) {
      await guest.comeOnline()
      await join(cy, guest, group)
      // Members hear of the mailbox from each other.
      await until(async () => (await guest.detail(group)).mailboxes.some(({ connected }) => connected), 60_000)
      await guest.goOffline()
    }
    const left = await cy.send(group, "so that the box is full")
    await until(async () => (await cy.deliveryOf(group, left))?.mailboxes === 1, 60_000)
    await cy.goOffline()

    await ana.comeOnline()
    await until(async () => (await ana.detail(group)).members.length === 3, 60_000)
    const id = await ana.send(group, texts[0])
    await until(async () => (await ana.deliveryOf(group, id))?.mailboxes === 1, 60_000)
    // Kept is not delivered.
    expect(await ana.deliveryOf(group, id)).toMatchObject({ delivered: 0, recipients: 2, read: 0 })
    await ana.goOffline()

    await bo.comeOnline()
    await bo.hears(group, texts[0])
    await bo.reads(group)
    const answer = await bo.send(group, texts[1])
    await until(async () => (await bo.deliveryOf(group, answer))?.mailboxes === 1, 60_000)
    await until(async () => (await bo.deliveryOf(group, answer))?.delivered === 0, 60_000)
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    await bo.goOffline()

    await ana.comeOnline()
    await ana.hears(group, texts[1])
    await until(async () => (await ana.deliveryOf(group, id))?.read === 1, 60_000)
    expect(await ana.deliveryOf(group, id)).toMatchObject({ delivered: 1, recipients: 2, mailboxes: 1 })
    await ana.goOffline()

    await mailbox[Symbol.asyncDispose]()
    const secrets = [...texts, name, "so that the box is full", group]
    for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!file.isFile()) continue
      const bytes = readFileSync(pathOf(file.parentPath, file.name))
      for (const secret of secrets)
        expect(bytes.includes(Buffer.from(utf8(secret))), `${secret} in ${file.name}`).toBe(false)
    }
    // Nor does it hold them behind its own root key: all that it was handed are sealed envelopes and the names of boxes.
    using rootKey = new Secret(new Uint8Array(readFileSync(pathOf(folder, "root.key"))))
    using store = openStore({ folder, rootKey, random: osEntropy })
    const rows = ["boxes", "envelopes"].flatMap((bucket) => store.all(bucket))
    expect(rows.length).toBeGreaterThan(4)
    const id16 = Buffer.from(group.replaceAll("-", ""), "hex")
    for (const { value } of rows) {
      const bytes = Buffer.from(value)
      for (const secret of secrets) expect(bytes.includes(Buffer.from(utf8(secret)))).toBe(false)
      expect(bytes.includes(id16)).toBe(false)
    }
    for (const bucket of ["groups", "nodes", "states", "records", "messages", "history"])
      expect(store.all(bucket), bucket).toEqual([])
  },
)

test("the chat never says more than is known while links are cut", { timeout: 240_000 }, async () => {
  const [ana, bo] = [await Person.called("Ana"), await Person.called("Bo")]
  await ana.comeOnline()
  await bo.comeOnline()
  const { group } = await ana.daemon.call("POST", "/api/groups", Created, { name: "States" })
  await join(ana, bo, group)
  const first = await ana.send(group, "at once after the join")
  const began = performance.now()
  await bo.hears(group, "at once after the join")
  expect(performance.now() - began).toBeLessThan(10_000)
  await until(async () => (await ana.deliveryOf(group, first))?.delivered === 1)
  expect(await ana.deliveryOf(group, first)).toMatchObject({ recipients: 1, read: 0 })
  await bo.reads(group)
  await until(async () => (await ana.deliveryOf(group, first))?.read === 1)

  await bo.goOffline()
  await until(
    async () =>
      (await ana.daemon.call("GET", "/api/status", z.object({ peers: z.array(z.unknown()) }))).peers.length === 0,
  )
  const second = await ana.send(group, "while you are away")
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  const saved = { reached: 0, delivered: 0, recipients: 1, read: 0, mailboxes: 0 }
  expect(await ana.deliveryOf(group, second)).toEqual(saved)
  // A restart knows no more and no less.
  await ana.goOffline()
  await ana.comeOnline()
  expect(await ana.deliveryOf(group, second)).toEqual(saved)
  expect(await ana.deliveryOf(group, first)).toMatchObject({ delivered: 1, read: 1 })

  await bo.comeOnline()
  await bo.daemon.call("PUT", "/api/settings", z.unknown(), { receipts: false })
  await bo.hears(group, "while you are away")
  await until(async () => (await ana.deliveryOf(group, second))?.delivered === 1, 60_000)
  await bo.reads(group)
  await new Promise((resolve) => setTimeout(resolve, 3_000))
  expect(await ana.deliveryOf(group, second)).toMatchObject({ delivered: 1, read: 0 })
})
