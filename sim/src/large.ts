// One large group on a fair network; how long a join, a removal and a heal take until every
// member is in the state that follows, in virtual time, and what each costs a member in processor time.
import { flag, readOptions, wholeNumber } from "@starling/kernel/node"

import { isActive } from "./group-of.ts"
import { setStage, acceptAll, type Stage } from "./stage.ts"
import { timeSince } from "./time-since.ts"

const STEP = 20
const LONGEST = 60_000

const USAGE = `npm run sim:large -- [options]
  --members N   200 unless said otherwise
  --json        one line of JSON alone`
const { members: size, json } = readOptions(USAGE, { members: wholeNumber(200, { least: 3 }), json: flag })

const started = performance.now()
const stage = setStage(1, size, 0)
const people = [...stage.world.people.values()]
const newcomer = people.at(-1)
const leaver = people.at(-2)
const healer = people.at(-3)
if (newcomer === undefined || leaver === undefined || healer === undefined) throw new Error("a stage has people")

const rows = {
  join: measure(stage, () => stage.ledger.invite(stage.founder, newcomer), size + 1),
  removal: measure(stage, () => stage.ledger.remove(stage.founder, leaver, true), size),
  heal: measure(stage, () => stage.ledger.heal(healer), size),
}
if (!json)
  for (const [name, { virtualMs, cpuMsPerMember }] of Object.entries(rows))
    console.log(`${name}: ${virtualMs} ms until all follow, ${cpuMsPerMember.toFixed(2)} ms of processor a member`)
console.log(JSON.stringify({ members: size, ...rows, ...timeSince(started) }))
process.exitCode = Object.values(rows).every(({ virtualMs }) => virtualMs <= 2_000) ? 0 : 1

interface Cost {
  readonly virtualMs: number
  readonly cpuMsPerMember: number
}

/** From the moment that somebody asks for it until everybody who is in is in one new state, and `members` are. */
function measure({ world, group }: Stage, act: () => void, members: number): Cost {
  const before = tipOf(stage.founder)
  const [from, cpu] = [world.now, process.cpuUsage()]
  act()
  while (!isSettled() && world.now - from < LONGEST) {
    world.run(STEP)
    acceptAll(stage)
  }
  const cost = { virtualMs: world.now - from, cpuMsPerMember: process.cpuUsage(cpu).user / 1000 / members }
  world.run(10_000)
  return cost

  function isSettled(): boolean {
    const inside = people.filter((person) => isActive(person, group))
    const tips = new Set(inside.map(tipOf))
    return inside.length === members && tips.size === 1 && !tips.has(before)
  }
}

function tipOf(person: Stage["founder"]): string | undefined {
  return person.state.durable.groups.get(stage.group)?.live
}
