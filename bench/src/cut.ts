// `npm run cut [-- --cut 60 --pause 1000 --json]`: eight daemons on a network of their own, which is cut in two while both sides talk, renew
// their keys and invite; one is ended by `kill -9` meanwhile, one is off all the time. Needs root and iproute2.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { flag, readOptions, wholeNumber } from "@starling/kernel/node"
import { z } from "zod"

import { Daemon, until } from "./daemon.ts"
import { allMessages, messagesSince, type ScreenMessage } from "./history.ts"
import { NetworkLab } from "./lab/network-lab.ts"

const Detail = z.object({ epoch: z.number(), epochAuthenticator: z.string(), members: z.array(z.unknown()) })
const Link = z.object({ link: z.string() })
const Sent = z.object({ id: z.string() })

/** The first half stays where it is; the second is cut off. */
const HALVES = [
  ["ana", "bo", "cy", "di"],
  ["eli", "fay", "gus", "hal"],
] as const
const MEMBERS: readonly string[] = HALVES.flat()
const KILLED = "cy"
const OFFLINE = "hal"
/** Is invited by the second half during the cut. */
const GUEST = "ivo"
const INVITER = "eli"

const API_PORT = 7420
/** Milliseconds between two words of one person: more talk than people make. */
const TALK_PAUSE = 1000
const HEAL_EACH = 8
const PATIENCE = 60_000
/** Milliseconds between looks whether all agree: looking takes the daemons time, too. */
const LOOK_EACH = 250

export interface CutResult {
  readonly daemons: number
  readonly cutSeconds: number
  /** Acknowledged, before the cut and during it. */
  readonly messages: number
  readonly heals: number
  /** From the mending of the network until all were in one state, or more than `PATIENCE`. */
  readonly secondsToAgreement: number
  /** The same until every message was on every screen. */
  readonly secondsToMessages: number
  /** Acknowledged, and not on every screen. */
  readonly lost: number
  /** On one screen more than once. */
  readonly duplicated: number
  readonly screens: Readonly<Record<string, number>>
  readonly epoch: number
  /** Whether the one who was invited in the second half is in the state of the others. */
  readonly guestAgrees: boolean
}

export async function cutInTwo(cutSeconds: number, talkPause = TALK_PAUSE): Promise<CutResult> {
  const folder = await mkdtemp(join(tmpdir(), "starling-cut-"))
  try {
    await using lab = await NetworkLab.open([...MEMBERS, GUEST], API_PORT)
    await using people = new People(lab, folder)
    return await story(lab, people, { cutSeconds, talkPause })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface CutPlan {
  readonly cutSeconds: number
  /** Milliseconds between two words of one person; every `HEAL_EACH`th comes with a renewal of the keys. */
  readonly talkPause: number
}

async function story(lab: NetworkLab, people: People, { cutSeconds, talkPause }: CutPlan): Promise<CutResult> {
  await Promise.all([...MEMBERS, GUEST].map(async (name) => await people.start(name)))
  const group = await formGroup(people)
  const talk = new Talk(people, group)
  await Promise.all(MEMBERS.map(async (name) => await talk.say(name)))
  await until(async () => await talk.isOnAllScreens(MEMBERS), PATIENCE)

  await people.stop(OFFLINE)
  await lab.cut([...HALVES[1], GUEST])
  const cut = performance.now()
  const isCut = (): boolean => performance.now() - cut < cutSeconds * 1000
  const talking = MEMBERS.filter((name) => name !== OFFLINE).map(async (name) => {
    for (let i = 0; isCut(); i++) {
      if (i % HEAL_EACH === 1) await talk.heal(name)
      await talk.say(name)
      await pause(talkPause)
      if (name === KILLED && i === 2) await people.restart(name)
    }
  })
  const inviting = invite(people, group, INVITER, GUEST)
  await Promise.all([...talking, inviting])

  await lab.mend()
  const mended = performance.now()
  const seconds = (): number => Math.round(performance.now() - mended) / 1000
  const starting = people.start(OFFLINE)
  const first = async (condition: () => Promise<boolean>): Promise<number> =>
    await until(condition, PATIENCE, LOOK_EACH).then(seconds, () => Infinity)
  const [secondsToAgreement, secondsToMessages] = await Promise.all([
    first(async () => (await statesOf(people, group, MEMBERS)).size === 1),
    first(async () => await talk.isOnAllScreens(MEMBERS)),
  ])
  await starting
  return {
    daemons: MEMBERS.length,
    cutSeconds,
    secondsToAgreement,
    secondsToMessages,
    ...(await talk.figures()),
    epoch: (await people.of("ana").call("GET", `/api/groups/${group}`, Detail)).epoch,
    guestAgrees: await everybodyAgrees(people, group),
  }
}

/** Daemons by the names of their hosts, of which some are off at times. */
class People implements AsyncDisposable {
  readonly #lab: NetworkLab
  readonly #folder: string
  readonly #running = new Map<string, Daemon>()

  constructor(lab: NetworkLab, folder: string) {
    this.#lab = lab
    this.#folder = folder
  }

  of(name: string): Daemon {
    const daemon = this.#running.get(name)
    if (daemon === undefined) throw new RangeError(`${name}'s daemon is off`)
    return daemon
  }

  isOn(name: string): boolean {
    return this.#running.has(name)
  }

  async start(name: string): Promise<void> {
    const more = ["--headless", "--eaas", "off"]
    this.#running.set(
      name,
      await Daemon.start({ folder: join(this.#folder, name), name, host: this.#lab.host(name), more }),
    )
  }

  async stop(name: string): Promise<void> {
    await this.of(name)[Symbol.asyncDispose]()
    this.#running.delete(name)
  }

  async restart(name: string): Promise<void> {
    await this.of(name).kill()
    this.#running.delete(name)
    await this.start(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Array.from(this.#running.values(), async (daemon) => await daemon[Symbol.asyncDispose]()))
  }
}

/** What was said and acknowledged in a group. */
class Talk {
  readonly #people: People
  readonly #group: string
  readonly #acknowledged = new Set<string>()
  readonly #screens = new Map<string, readonly ScreenMessage[]>()
  #heals = 0

  constructor(people: People, group: string) {
    this.#people = people
    this.#group = group
  }

  async say(name: string): Promise<void> {
    const text = `${name} ${this.#acknowledged.size}`
    const { id } = await this.#people.of(name).call("POST", `/api/groups/${this.#group}/messages`, Sent, { text })
    this.#acknowledged.add(id)
  }

  async heal(name: string): Promise<void> {
    await this.#people.of(name).call("POST", `/api/groups/${this.#group}/heal`, z.unknown())
    this.#heals++
  }

  /** Reads of each screen only what is new on it, so that looking takes the daemons no time that counts. */
  async isOnAllScreens(names: readonly string[]): Promise<boolean> {
    const counts = names.map(async (name) => {
      if (!this.#people.isOn(name)) return -1
      const seen = this.#screens.get(name) ?? []
      const last = seen.at(-1)
      const daemon = this.#people.of(name)
      const news = last ? await messagesSince(daemon, this.#group, last.id) : await allMessages(daemon, this.#group)
      this.#screens.set(name, [...seen, ...news])
      return seen.length + news.length
    })
    return (await Promise.all(counts)).every((count) => count >= this.#acknowledged.size)
  }

  async figures(): Promise<Pick<CutResult, "messages" | "heals" | "lost" | "duplicated" | "screens">> {
    const screens = new Map<string, readonly string[]>()
    for (const name of MEMBERS) {
      const shown = await allMessages(this.#people.of(name), this.#group)
      screens.set(
        name,
        shown.map(({ id }) => id),
      )
    }
    const shown = [...screens.values()]
    return {
      messages: this.#acknowledged.size,
      heals: this.#heals,
      lost: [...this.#acknowledged].filter((id) => !shown.every((ids) => ids.includes(id))).length,
      duplicated: shown.reduce((sum, ids) => sum + ids.length - new Set(ids).size, 0),
      screens: Object.fromEntries(Array.from(screens, ([name, ids]) => [name, ids.length])),
    }
  }
}

/** Ana invites everybody; they find each other on the network. */
async function formGroup(people: People): Promise<string> {
  const { group } = await people
    .of("ana")
    .call("POST", "/api/groups", z.object({ group: z.string() }), { name: "Eight" })
  for (const name of MEMBERS.slice(1)) await invite(people, group, "ana", name)
  await until(async () => (await statesOf(people, group, MEMBERS)).size === 1, PATIENCE)
  return group
}

async function invite(people: People, group: string, inviter: string, guest: string): Promise<void> {
  const [host, invited] = [people.of(inviter), people.of(guest)]
  const { link } = await invited.call("GET", "/api/contacts/link", Link)
  await host.call("POST", "/api/contacts", z.unknown(), { link })
  await host.call("POST", `/api/groups/${group}/invitations`, z.unknown(), { peer: invited.identity })
  await until(async () => (await invited.call("GET", "/api/invitations", z.array(z.unknown()))).length > 0, PATIENCE)
  await invited.call("POST", `/api/invitations/${group}/accept`, z.unknown())
}

/** A commit more may be on its way when it is asked. */
async function everybodyAgrees(people: People, group: string): Promise<boolean> {
  const agree = async (): Promise<boolean> => (await statesOf(people, group, [...MEMBERS, GUEST])).size === 1
  return await until(agree, PATIENCE).then(
    () => true,
    () => false,
  )
}

/** The states that the daemons are in; one of its own for who is off, or not in the group. */
async function statesOf(people: People, group: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  const states = names.map(async (name) => {
    if (!people.isOn(name)) return `${name} is off`
    const detail = await people
      .of(name)
      .call("GET", `/api/groups/${group}`, Detail)
      .catch(() => undefined)
    return detail?.epochAuthenticator ?? `${name} is not in the group`
  })
  return new Set(await Promise.all(states))
}

if (import.meta.main) {
  const usage = `npm run cut -- [options]
  --cut N     seconds that the network is cut; 60 unless said otherwise
  --pause N   milliseconds between two words of one person; ${TALK_PAUSE} unless said otherwise
  --json      the result as one line of JSON`
  const values = readOptions(usage, {
    cut: wholeNumber(60, { least: 1 }),
    pause: wholeNumber(TALK_PAUSE, { least: 1 }),
    json: flag,
  })
  const result = await cutInTwo(values.cut, values.pause)
  console.log(values.json ? JSON.stringify(result) : result)
  const isGood =
    result.lost + result.duplicated === 0 && Math.max(result.secondsToAgreement, result.secondsToMessages) <= 10
  process.exit(isGood ? 0 : 1)
}
