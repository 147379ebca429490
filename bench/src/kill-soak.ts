// `npm run soak:kill [-- --kills 50 --seed N --json]`: two daemons talk while one or the other is ended by `kill -9` at random
// moments. At the end, whatever was acknowledged is on both screens once, both are in one epoch, and no pool byte went into two draws.
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"

import { flag, readOptions, wholeNumber } from "@starling/kernel/node"
import { z } from "zod"

import { NoAnswer } from "./ask-daemon.ts"
import { Daemon, formGroup, freePort, until } from "./daemon.ts"
import { allMessages } from "./history.ts"
import { seededChance } from "./seeded-chance.ts"

const Detail = z.object({ epoch: z.number(), epochAuthenticator: z.string() })
const Draws = z.array(
  z.object({
    sequence: z.number(),
    eaas: z.array(z.object({ offset: z.number(), length: z.number() })),
  }),
)
type Draw = z.infer<typeof Draws>[number]

export interface SoakResult {
  readonly kills: number
  readonly acknowledged: number
  /** Acknowledged and not on both screens. */
  readonly lost: number
  /** On a screen more than once. */
  readonly duplicated: number
  /** Pool ranges that two draws name. */
  readonly drawnTwice: number
  readonly oneEpoch: boolean
  readonly draws: number
}

/** Deterministic for a seed as far as the choice of whom to kill and when goes. */
export async function killSoak(kills: number, seed: number): Promise<SoakResult> {
  const folder = await mkdtemp(join(tmpdir(), "starling-soak-"))
  const chance = seededChance(seed)
  const names = ["Ana", "Bo"] as const
  const ports = { Ana: await freePort(), Bo: await freePort() }
  const start = (name: "Ana" | "Bo") => Daemon.start({ folder: join(folder, name), name, tcpPort: ports[name] })
  let daemons: [Daemon, Daemon] = [await start("Ana"), await start("Bo")]
  try {
    const group = await formGroup(daemons[0], daemons[1], "Soak")
    const acknowledged = new Set<string>()
    for (let kill = 0; kill < kills; kill++) {
      const victim = chance() < 0.5 ? 0 : 1
      const talking = talk(daemons, group, chance, acknowledged)
      await pause(50 + chance() * 1200)
      await daemons[victim].kill()
      await talking
      daemons = victim === 0 ? [await start(names[0]), daemons[1]] : [daemons[0], await start(names[1])]
    }
    const texts = await settle(daemons, group, acknowledged)
    const details = await Promise.all(daemons.map((daemon) => daemon.call("GET", `/api/groups/${group}`, Detail)))
    const draws = await Promise.all(daemons.map(allDraws))
    return {
      kills,
      acknowledged: acknowledged.size,
      lost: [...acknowledged].filter((id) => !texts.every((ids) => ids.includes(id))).length,
      duplicated: texts.reduce((sum, ids) => sum + ids.length - new Set(ids).size, 0),
      drawnTwice: draws.reduce((sum, list) => sum + overlaps(list), 0),
      oneEpoch: new Set(details.map((detail) => detail.epochAuthenticator)).size === 1,
      draws: draws.reduce((sum, list) => sum + list.length, 0),
    }
  } finally {
    for (const daemon of daemons) await daemon[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Sends and heals from both until a call fails because its daemon was killed; remembers what was acknowledged. */
async function talk(
  daemons: readonly Daemon[],
  group: string,
  chance: () => number,
  acknowledged: Set<string>,
): Promise<void> {
  const until = performance.now() + 1500
  const one = async (daemon: Daemon) => {
    try {
      for (let i = 0; performance.now() < until; i++) {
        if (chance() < 0.1) await daemon.call("POST", `/api/groups/${group}/heal`, z.unknown())
        const { id } = await daemon.call("POST", `/api/groups/${group}/messages`, z.object({ id: z.string() }), {
          text: `${daemon.peerId} ${i}`,
        })
        acknowledged.add(id)
        await pause(chance() * 40)
      }
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error
    }
  }
  await Promise.all(daemons.map(one))
}

async function settle(
  daemons: readonly Daemon[],
  group: string,
  acknowledged: ReadonlySet<string>,
): Promise<readonly string[][]> {
  const read = () => Promise.all(daemons.map(async (daemon) => (await allMessages(daemon, group)).map(({ id }) => id)))
  const agreed = async () => {
    const ids = await read()
    const details = await Promise.all(daemons.map((daemon) => daemon.call("GET", `/api/groups/${group}`, Detail)))
    return (
      ids.every((list) => [...acknowledged].every((id) => list.includes(id))) &&
      details[0]?.epochAuthenticator === details[1]?.epochAuthenticator
    )
  }
  await until(agreed, 60_000).catch(() => undefined)
  return await read()
}

async function allDraws(daemon: Daemon): Promise<readonly Draw[]> {
  const all: Draw[] = []
  for (;;) {
    const page = await daemon.call("GET", `/api/entropy/draws?limit=1000&after=${all.at(-1)?.sequence ?? 0}`, Draws)
    all.push(...page)
    if (page.length < 1000) return all
  }
}

function overlaps(draws: readonly Draw[]): number {
  const ranges = draws.flatMap((draw) => draw.eaas).toSorted((a, b) => a.offset - b.offset)
  return ranges.filter((range, i) => range.offset < (ranges[i - 1]?.offset ?? 0) + (ranges[i - 1]?.length ?? 0)).length
}

if (import.meta.main) {
  const usage = `npm run soak:kill -- [options]
  --kills N   50 unless said otherwise
  --seed N    1 unless said otherwise
  --json      the result as one line of JSON`
  const values = readOptions(usage, { kills: wholeNumber(50, { least: 1 }), seed: wholeNumber(1), json: flag })
  const result = await killSoak(values.kills, values.seed)
  console.log(values.json ? JSON.stringify(result) : result)
  process.exit(result.lost + result.duplicated + result.drawnTwice === 0 && result.oneEpoch ? 0 : 1)
}
