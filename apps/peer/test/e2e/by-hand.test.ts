import { expect, test } from "vitest"
import { z } from "zod"
import { PeerProcess, starling } from "./peer-process.ts"

const Made = z.object({ group: z.string() })
const Shown = z.object({ state: z.string() })
const Listed = z.object({ group: z.string(), unread: z.number() })
const Link = z.object({ link: z.string() })

test("what is read by hand counts as read, and a group says how one stands in it", async () => {
  const ana = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"])
  const bo = await PeerProcess.up("Bo", ["--eaas", "off", "--no-mdns"])
  const { link } = await bo.ask(Link, "contact", "link")
  await ana.starling("contact", "add", link)
  const { group } = await ana.ask(Made, "group", "create", "Two")
  await ana.starling("group", "invite", group, bo.ready.identity)
  await expect.poll(async () => await bo.starling("group", "invitations"), { timeout: 10_000 }).toHaveLength(1)
  await bo.starling("group", "accept", group)
  await ana.starling("send", group, "there")
  expect(await bo.starling("read", group, "--wait", "20")).toMatchObject([{ text: "there" }])
  expect(await bo.ask(Listed, "group", "list")).toEqual({ group, unread: 0 })
  await bo.starling("send", group, "and back")
  expect(await ana.ask(Shown, "group", "show", group)).toEqual({ state: "active" })
  await bo.starling("group", "leave", group)
  expect((await bo.ask(Shown, "group", "show", group)).state).toMatch(/^(leaving|left)$/)
})

test("what is no link is told as a bad link, and an unknown message as that", async () => {
  const ana = await PeerProcess.up("Ana", ["--eaas", "off", "--no-mdns"])
  const added = await starling("contact", "add", "https://starling.example/ana", "--data", ana.folder)
  expect(added).toMatchObject({ status: 1, error: { code: "bad-link" } })
  const { group } = await ana.ask(Made, "group", "create", "Alone")
  const read = await starling("read", group, "--since", "0".repeat(32), "--data", ana.folder)
  expect(read).toMatchObject({ status: 1, lines: [], error: { code: "unknown-message" } })
})
