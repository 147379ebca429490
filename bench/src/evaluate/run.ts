import { setTimeout as pause } from "node:timers/promises"

import { NoAnswer } from "../ask-daemon.ts"
import { distributionOf, type Distribution } from "../distribution.ts"
import { monotonic } from "./clock.ts"
import type { DeliveryBook } from "./delivery-book.ts"
import { entropyOf, type EntropyFigures } from "./entropy-figures.ts"
import type { Observations } from "./figures.ts"
import { agree, formGroup, type FormedGroup } from "./form-groups.ts"
import { measureLoad, type Load } from "./load.ts"
import type { Options } from "./options.ts"
import { groupsOf, Population } from "./population.ts"
import type { Site } from "./site.ts"
import { talk } from "./talk.ts"

const LOOK_EACH = 100
const IDLE = 5_000
/** Groups that form at a time. */
const FORMED_AT_ONCE = 3

/** Something was lost, so that there is nothing to report. */
export class Lost extends Error {
  override readonly name = "Lost"
}

export interface Run {
  readonly observations: Observations
  readonly processes: number
  readonly idle: Load
  readonly busy: Load
  readonly heals: number
  readonly entropy: EntropyFigures
  /** Of one peer, in a process that hosts some, until its API answers. */
  readonly startMs: Distribution
  /** Seconds that starting and forming took. */
  readonly startSeconds: number
  readonly formSeconds: number
}

/** Plays a whole run on these machines. Throws `Lost` where a message did not arrive or a group is not of one mind. */
export async function play(
  options: Options,
  sites: readonly Site[],
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<Run> {
  const population = new Population(sites)
  const began = monotonic()
  await population.start(options, signal, tell)
  const started = monotonic()
  tell(`processes ${population.pids.join(", ")} have up to ${options.perProcess} instances each`)
  const groups = await formAll(population, options, signal, tell)
  const formed = monotonic()
  tell(`${groups.length} groups have formed`)
  const measureIdle = await measureLoad(population)
  await pause(Math.min(IDLE, options.duration), undefined, { signal })
  const idle = await measureIdle()
  const measureBusy = await measureLoad(population)
  tell("talking")
  const talked = await talk(groups, options, signal)
  await arrived(talked.book, groups, options.patience, signal)
  const busy = await measureBusy()
  tell(`${talked.book.messages} messages have arrived`)
  await ofOneMind(groups, options.patience, signal)
  return {
    observations: {
      recordings: await population.recordings(),
      machines: population.instances.map(({ machine }) => machine),
      groups,
      ...talked,
    },
    processes: population.pids.length,
    idle,
    busy,
    heals: talked.heals,
    entropy: await entropyOf(population.instances),
    startMs: distributionOf(population.instances.map(({ startMs }) => startMs)),
    startSeconds: (started - began) / 1000,
    formSeconds: (formed - started) / 1000,
  }
}

async function formAll(
  population: Population,
  options: Options,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<readonly FormedGroup[]> {
  const groups = groupsOf(population.instances, options.groupSizes)
  const formed: FormedGroup[] = []
  const waiting = [...groups.entries()]
  const former = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [i, members] = next
      formed[i] = await formGroup(members, `Group ${i + 1}`, signal)
      tell(`group ${i + 1} has its ${members.length} members`)
    }
  }
  await Promise.all(Array.from({ length: FORMED_AT_ONCE }, former))
  return formed
}

/** Until every message was on every window it is for. Throws `Lost` with those that were not. */
async function arrived(
  book: DeliveryBook,
  groups: readonly FormedGroup[],
  patience: number,
  signal: AbortSignal,
): Promise<void> {
  for (const deadline = monotonic() + patience; monotonic() < deadline;) {
    if (book.undelivered().length === 0) return
    await pause(LOOK_EACH, undefined, { signal })
  }
  throw new Lost(lostSentence(book, groups, patience))
}

const NAMED = 20

function lostSentence(book: DeliveryBook, groups: readonly FormedGroup[], patience: number): string {
  const undelivered = book.undelivered()
  const missing = undelivered.reduce((sum, { missing }) => sum + missing.length, 0)
  const names = new Map(groups.map(({ id }, i) => [id, `group ${i + 1}`]))
  const lines = undelivered
    .slice(0, NAMED)
    .map(({ id, group, from, missing }) => `  ${id} by ${from} in ${names.get(group)} is not at ${missing.join(", ")}`)
  const rest = undelivered.length > NAMED ? [`  and ${undelivered.length - NAMED} more`] : []
  return [
    `no report: ${missing} of ${book.expected} deliveries did not come within ${patience / 1000} s of the last message`,
    ...lines,
    ...rest,
  ].join("\n")
}

/** Every Upd has come where all members are in the state that the last one led to. */
async function ofOneMind(groups: readonly FormedGroup[], patience: number, signal: AbortSignal): Promise<void> {
  for (const deadline = monotonic() + patience; ;) {
    const split = await differing(groups)
    if (split.length === 0) return
    if (monotonic() > deadline) {
      const names = split.map((index) => `group ${index + 1}`).join(", ")
      throw new Lost(`no report: the members of ${names} are not in one state ${patience / 1000} s after the last Upd`)
    }
    await pause(LOOK_EACH, undefined, { signal })
  }
}

async function differing(groups: readonly FormedGroup[]): Promise<readonly number[]> {
  const agreeing = await Promise.all(
    groups.map(async ({ members, id }) => {
      try {
        return await agree(members, id)
      } catch (error) {
        if (error instanceof NoAnswer) return false
        throw error
      }
    }),
  )
  return [...agreeing.entries()].flatMap(([i, isAgreed]) => (isAgreed ? [] : [i]))
}
