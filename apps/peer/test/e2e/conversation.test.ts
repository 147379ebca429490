import { expect, test } from "vitest"
import { z } from "zod"
import { PeerProcess, until } from "./peer-process.ts"

const Status = z.object({
  identity: z.string(),
  peerId: z.string(),
  name: z.string(),
  peers: z.array(z.object({ peerId: z.string(), address: z.string() })),
  groups: z.array(z.string()),
  pool: z.object({ bytes: z.number(), capacity: z.number() }),
})
const Group = z.object({
  group: z.string(),
  name: z.string(),
  epoch: z.number(),
  epochAuthenticator: z.string(),
  members: z.array(z.object({ identity: z.string(), name: z.string(), devices: z.array(z.string()) })),
})
const Message = z.strictObject({
  id: z.string(),
  from: z.string(),
  name: z.string(),
  text: z.string(),
  at: z.number(),
  epoch: z.number(),
  delivery: z.unknown().optional(),
})
const Link = z.strictObject({ link: z.string() })
const Created = z.strictObject({ group: z.string() })
const Sent = z.strictObject({ id: z.string() })

async function show(peer: PeerProcess, group: string): Promise<z.infer<typeof Group>> {
  return await peer.ask(Group, "group", "show", group)
}

/** Waits until all of them are in the same epoch with the same secrets. */
async function inOneEpoch(group: string, peers: readonly PeerProcess[]): Promise<z.infer<typeof Group>> {
  let shown: z.infer<typeof Group>[] = []
  await until("one epoch", async () => {
    shown = await Promise.all(peers.map(async (peer) => await show(peer, group)))
    return new Set(shown.map(({ epochAuthenticator }) => epochAuthenticator)).size === 1
  })
  const [first] = shown
  if (first === undefined) throw new Error("no peers")
  return first
}

async function connected(a: PeerProcess, b: PeerProcess): Promise<number> {
  return await until("the peers are connected", async () => {
    const status = await a.ask(Status, "status")
    return status.peers.some(({ peerId }) => peerId === b.ready.peerId)
  })
}

/** `host` invites `guest`, who accepts. */
async function join(host: PeerProcess, guest: PeerProcess, group: string): Promise<void> {
  const { link } = await guest.ask(Link, "contact", "link")
  await host.starling("contact", "add", link)
  const { link: back } = await host.ask(Link, "contact", "link")
  await guest.starling("contact", "add", back)
  await host.starling("group", "invite", group, guest.ready.identity)
  await until("the invitation arrives", async () => (await guest.starling("group", "invitations")).length === 1)
  await guest.starling("group", "accept", group)
}

test("two people on one network talk, heal and part by the command line alone", async () => {
  const ana = await PeerProcess.up("Ana")
  const bo = await PeerProcess.up("Bo")
  expect(await connected(bo, ana)).toBeLessThan(3_000)

  const { group } = await ana.ask(Created, "group", "create", "Garden")
  await join(ana, bo, group)
  const joined = await inOneEpoch(group, [ana, bo])
  expect(joined.name).toBe("Garden")
  expect(joined.members.map(({ identity }) => identity).sort()).toEqual([ana.ready.identity, bo.ready.identity].sort())

  const texts = { Ana: [] as string[], Bo: [] as string[] }
  for (let i = 0; i < 10; i++) {
    texts.Ana.push(`Ana ${i} 🌱`)
    texts.Bo.push(`Bo ${i} \u202Eיום`)
    await Promise.all([ana.ask(Sent, "send", group, `Ana ${i} 🌱`), bo.ask(Sent, "send", group, `Bo ${i} \u202Eיום`)])
  }
  for (const peer of [ana, bo]) {
    let messages: z.infer<typeof Message>[] = []
    await until("all messages are there", async () => {
      messages = (await peer.starling("read", group, "--wait", "1")).map((line) => Message.parse(line))
      return messages.length === 20
    })
    for (const name of ["Ana", "Bo"] as const) {
      expect(messages.filter((message) => message.name === name).map(({ text }) => text)).toEqual(texts[name])
    }
    const last = messages.at(-1)
    expect(await peer.starling("read", group, "--since", last?.id ?? "")).toEqual([])
  }

  await bo.starling("group", "heal", group)
  const healed = await inOneEpoch(group, [ana, bo])
  expect(healed.epoch).toBe(joined.epoch + 1)

  await ana.starling("group", "remove", group, bo.ready.identity)
  await until("Bo learns that he is out", async () => {
    const [summary] = await bo.starling("group", "list")
    return z.object({ state: z.string() }).parse(summary).state === "removed"
  })
  await ana.starling("send", group, "what Bo must not read")
  const after = await show(ana, group)
  expect(after.members.map(({ identity }) => identity)).toEqual([ana.ready.identity])
  expect(JSON.stringify(await bo.starling("read", group, "--wait", "2"))).not.toContain("must not read")
  expect((await show(bo, group)).epochAuthenticator).not.toBe(after.epochAuthenticator)
})

test("three heals at once leave one epoch, and words still pass", async () => {
  const peers = [await PeerProcess.up("Ana"), await PeerProcess.up("Bo"), await PeerProcess.up("Cy")] as const
  const [ana, bo, cy] = peers
  await connected(ana, bo)
  await connected(ana, cy)
  const { group } = await ana.ask(Created, "group", "create", "Three")
  await join(ana, bo, group)
  await join(ana, cy, group)
  const before = await inOneEpoch(group, peers)
  expect(before.members).toHaveLength(3)

  await Promise.all(peers.map(async (peer) => await peer.starling("group", "heal", group)))
  await until("the heals have settled", async () => (await inOneEpoch(group, peers)).epoch > before.epoch)
  await cy.starling("send", group, "still here")
  for (const peer of [ana, bo]) {
    await until("the words arrive", async () =>
      (await peer.starling("read", group, "--wait", "1")).some((line) => Message.parse(line).text === "still here"),
    )
  }
})
