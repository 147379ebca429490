// A large group of which few are ever there. The others have a leaf
// and nothing else; those who are there talk, renew, part and meet, and are judged like any group.
import { performance } from "node:perf_hooks"

import { readOptions, wholeNumber } from "@starling/kernel/node"

import { groupOf } from "./group-of.ts"
import { judgeStage } from "./judge.ts"
import * as moves from "./moves.ts"
import { setStage, type Stage } from "./stage.ts"
import { timeSince } from "./time-since.ts"
import { faultsOf } from "./verdict.ts"

const ROUNDS = 40
const BATCH = 60

const USAGE = `npm run sim:nightly -- [options]
  --members N   leaves of the group; 1000 unless said otherwise
  --live N      members who are there; 20 unless said otherwise
  --seed N      1 unless said otherwise`
const { members, live, seed } = readOptions(USAGE, {
  members: wholeNumber(1_000, { least: 3 }),
  live: wholeNumber(20, { least: 3 }),
  seed: wholeNumber(1),
})
const from = performance.now()
const stage = setStage(seed, live, 0)
addAbsent(stage, members - live)
const assembled = performance.now()
if (leavesOf(stage) !== members) throw new Error(`${leavesOf(stage)} of ${members} members have a leaf`)
const plan = [
  moves.say,
  moves.say,
  moves.heal,
  moves.split,
  moves.say,
  moves.heal,
  moves.meet,
  moves.invite,
  moves.remove,
]
for (let round = 0; round < ROUNDS; round++) {
  moves.invitationsAreAccepted(stage)
  stage.dice.pick(plan)(stage)
  stage.world.run(stage.dice.below(2_000))
}
const verdict = judgeStage(stage)
for (const fault of faultsOf(verdict)) console.log(fault)
console.log(
  JSON.stringify({
    leaves: leavesOf(stage),
    live,
    faults: faultsOf(verdict).length,
    convergeMs: verdict.convergeMs ?? null,
    maxReorg: verdict.maxReorg,
    assemblySeconds: Math.round((assembled - from) / 1000),
    ...timeSince(from),
  }),
)
process.exitCode = faultsOf(verdict).length === 0 ? 0 : 1

function leavesOf({ founder, group }: Stage): number | undefined {
  const tree = groupOf(founder, group)
  return tree?.forest.get(tree.live)?.roster.filter((device) => device !== undefined).length
}

/** Members who gave a KeyPackage, were added, and have not been seen since. */
function addAbsent({ world, founder, group, ledger }: Stage, count: number): void {
  for (let done = 0; done < count; done += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => world.person(`absent ${done + i}`))
    for (const person of batch) {
      founder.knows(person)
      world.connect(founder, person)
    }
    for (const person of batch) ledger.invite(founder, person)
    world.run(15_000)
    for (const person of batch) {
      person.stop()
      world.people.delete(person.name)
    }
  }
  world.run(30_000)
  if (groupOf(founder, group) === undefined) throw new Error("the founder is in the group")
}
