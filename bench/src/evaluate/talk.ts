import { setTimeout as pause } from "node:timers/promises"

import { z } from "zod"

import { NoAnswer } from "../ask-daemon.ts"
import { seededChance } from "../seeded-chance.ts"
import { monotonic } from "./clock.ts"
import { DeliveryBook } from "./delivery-book.ts"
import type { FormedGroup } from "./form-groups.ts"
import type { Instance } from "./instance.ts"
import type { Options } from "./options.ts"

const Sent = z.object({ id: z.string() })
/** Bytes of a text, and how many of a hundred are of that size. */
export const SIZES: readonly (readonly [bytes: number, share: number])[] = [
  [32, 40],
  [200, 40],
  [1024, 15],
  [8192, 5],
]

/** Of the message by which two peers alone are measured. */
export const USUAL_SIZE = 200

/** What was asked of the instances in the time of talk, and what came of it. */
export interface Talk {
  readonly book: DeliveryBook
  /** Upd that instances were asked for and acknowledged. */
  readonly heals: number
  readonly began: number
  readonly ended: number
}

/** Everybody writes and renews keys at random times; nobody waits for anybody. */
export async function talk(
  groups: readonly FormedGroup[],
  { duration, messageEvery, healEvery }: Options,
  signal: AbortSignal,
): Promise<Talk> {
  const book = new DeliveryBook()
  const ends: (() => void)[] = []
  for (const { members } of groups)
    for (const member of members)
      ends.push(
        member.listen((event, at) => {
          if (event.type === "message") book.shown(event.message.id, member, at)
        }),
      )
  const began = monotonic()
  let heals = 0
  const speakers = groups.flatMap((group) => group.members.map((member) => ({ group, member })))
  await Promise.all(
    speakers.flatMap(({ group, member }, i) => [
      atRandom(seededChance(2 * i), messageEvery, began + duration, signal, async (n, chance) => {
        const size = sizeOf(chance())
        await say(book, group, member, `${member.name}, message ${n}`.padEnd(size, " .").slice(0, size))
      }),
      atRandom(seededChance(2 * i + 1), healEvery, began + duration, signal, async () => {
        if (await didHeal(group, member)) heals++
      }),
    ]),
  )
  return { book, heals, began, ended: monotonic() }
}

/** One message, noted where its instance acknowledged it. */
export async function say(book: DeliveryBook, { id: group, members }: FormedGroup, from: Instance, text: string) {
  const calledAt = monotonic()
  const answer = await unlessGone(from.call("POST", `/api/groups/${group}/messages`, Sent, { text }))
  if (answer === undefined) return
  const recipients = members.filter((member) => member !== from)
  book.note({ id: answer.id, group, from, size: Buffer.byteLength(text), calledAt, recipients })
}

async function didHeal({ id }: FormedGroup, member: Instance): Promise<boolean> {
  return (await unlessGone(member.call("POST", `/api/groups/${id}/heal`, z.literal(true).catch(true)))) ?? false
}

/** An instance that is gone sends nothing more; what it misses is found by those who count. */
async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call
  } catch (error) {
    if (error instanceof NoAnswer) return undefined
    throw error
  }
}

/** Acts with exponentially distributed pauses; the first comes within one of them. */
async function atRandom(
  chance: () => number,
  every: number,
  end: number,
  signal: AbortSignal,
  act: (n: number, chance: () => number) => Promise<void>,
): Promise<void> {
  let due = monotonic() + every * chance()
  for (let n = 1; due < end; n++) {
    await pause(Math.max(0, due - monotonic()), undefined, { signal })
    await act(n, chance)
    due += -every * Math.log(1 - chance())
  }
}

function sizeOf(chance: number): number {
  let left = 100 * chance
  for (const [bytes, share] of SIZES) {
    left -= share
    if (left < 0) return bytes
  }
  return SIZES[0]?.[0] ?? 32
}
