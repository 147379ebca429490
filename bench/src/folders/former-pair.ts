import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { gunzip } from "node:zlib"

import { z } from "zod"

import { Daemon, formGroup, until } from "../daemon.ts"
import { allMessages } from "../history.ts"
import { packFolder, unpackFolder } from "./packed-folder.ts"

const Detail = z.object({ epoch: z.number(), epochAuthenticator: z.string() })
const Folder = z.record(z.string(), z.string())

/** What a version left on the disks of two people in one group, and what their screens showed. */
const FormerPair = z.object({
  group: z.string(),
  epochAuthenticator: z.string(),
  texts: z.array(z.string()),
  ana: Folder,
  bo: Folder,
})
export type FormerPair = z.infer<typeof FormerPair>

/** Lets two daemons of the program `main` meet, talk and renew their keys, and keeps what they leave. */
export async function recordPair(main: string | undefined): Promise<FormerPair> {
  const folder = await mkdtemp(join(tmpdir(), "starling-pair-"))
  try {
    const story = await talkInPair(folder, main)
    return { ...story, ana: await packFolder(join(folder, "ana")), bo: await packFolder(join(folder, "bo")) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export async function readPair(file: string): Promise<FormerPair> {
  return FormerPair.parse(JSON.parse(String(await promisify(gunzip)(await readFile(file)))))
}

/** What this version makes of it: the state it opens in, and what both screens show after more talk and a renewal. */
export async function awakenPair(pair: FormerPair): Promise<
  Pick<FormerPair, "epochAuthenticator"> & {
    readonly screens: readonly (readonly string[])[]
    readonly renewed: boolean
  }
> {
  const folder = await mkdtemp(join(tmpdir(), "starling-pair-"))
  try {
    await unpackFolder(pair.ana, join(folder, "ana"))
    await unpackFolder(pair.bo, join(folder, "bo"))
    await using ana = await start(folder, "ana")
    const { epochAuthenticator } = await detailOf(ana, pair.group)
    await using bo = await start(folder, "bo")
    // Their former ports may be somebody else's here.
    const { link } = await bo.call("GET", "/api/contacts/link", z.object({ link: z.string() }))
    await ana.call("POST", "/api/contacts", z.unknown(), { link })
    await say(ana, pair.group, "from a later version")
    await until(async () => await agree(ana, bo, pair.group, pair.texts.length + 1))
    await bo.call("POST", `/api/groups/${pair.group}/heal`, z.unknown())
    await say(bo, pair.group, "and back")
    await until(async () => await agree(ana, bo, pair.group, pair.texts.length + 2))
    return {
      epochAuthenticator,
      screens: await Promise.all([ana, bo].map(async (daemon) => await textsOf(daemon, pair.group))),
      renewed: (await detailOf(bo, pair.group)).epochAuthenticator !== epochAuthenticator,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function talkInPair(folder: string, main: string | undefined): Promise<Omit<FormerPair, "ana" | "bo">> {
  await using ana = await start(folder, "ana", main)
  await using bo = await start(folder, "bo", main)
  const group = await formGroup(ana, bo, "Pair")
  await until(async () => (await detailOf(bo, group).catch(() => undefined)) !== undefined)
  await say(ana, group, "from Ana")
  await bo.call("POST", `/api/groups/${group}/heal`, z.unknown())
  await say(bo, group, "from Bo, after a heal")
  await until(async () => await agree(ana, bo, group, 2))
  const { epochAuthenticator } = await detailOf(ana, group)
  return { group, epochAuthenticator, texts: [...(await textsOf(ana, group))] }
}

async function start(folder: string, name: string, main?: string): Promise<Daemon> {
  const more = ["--headless", "--no-mdns", "--eaas", "off"]
  return await Daemon.start({ folder: join(folder, name), name, more, ...(main === undefined ? {} : { main }) })
}

async function say(daemon: Daemon, group: string, text: string): Promise<void> {
  await daemon.call("POST", `/api/groups/${group}/messages`, z.unknown(), { text })
}

async function agree(ana: Daemon, bo: Daemon, group: string, messages: number): Promise<boolean> {
  const [one, other] = await Promise.all([detailOf(ana, group), detailOf(bo, group)])
  const texts = await Promise.all([textsOf(ana, group), textsOf(bo, group)])
  return one.epochAuthenticator === other.epochAuthenticator && texts.every(({ length }) => length === messages)
}

async function detailOf(daemon: Daemon, group: string): Promise<z.infer<typeof Detail>> {
  return await daemon.call("GET", `/api/groups/${group}`, Detail)
}

async function textsOf(daemon: Daemon, group: string): Promise<readonly string[]> {
  return (await allMessages(daemon, group)).map(({ text }) => text)
}
