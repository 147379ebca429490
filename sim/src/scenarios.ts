import * as claims from "./insider-claims.ts"
import * as insider from "./insider-moves.ts"
import * as moves from "./moves.ts"
import type { Move } from "./moves.ts"
import type { Scenario } from "./scenario.ts"

type Weighted = readonly (readonly [weight: number, move: Move])[]

const TALK: Weighted = [
  [40, moves.say],
  [8, moves.heal],
]
const CHURN: Weighted = [
  [6, moves.invite],
  [3, moves.remove],
]
const PARTITION: Weighted = [
  [8, moves.split],
  [6, moves.splitFurther],
  [4, moves.rejoinSides],
  [4, moves.meet],
]

const FAULTS: Weighted = [
  [3, moves.storm],
  [3, moves.crash],
  [2, moves.restart],
  [2, moves.switchOffOrOn],
  [1, moves.night],
  [2, moves.skew],
  [2, moves.fillDisk],
  [2, moves.slowDown],
]
const MALICE: Weighted = [
  [2, insider.forkOn],
  [2, insider.equivocate],
  [2, insider.backdate],
  [2, insider.grind],
  [1, insider.flood],
  [2, insider.stealId],
  [1, insider.inviteFalsely],
]

function scenario(name: string, list: Weighted, rest: Partial<Omit<Scenario, "name" | "moves">> = {}): Scenario {
  return { name, insiders: 0, leastSize: 3, rounds: 30, pause: 1_500, ...rest, moves: () => list }
}

/** Each is a function of a seed and a size. */
export const SCENARIOS: readonly Scenario[] = [
  scenario("calm", [...TALK, ...CHURN]),
  scenario("concurrent", [...TALK, ...CHURN, [12, moves.healAtOnce]]),
  scenario("lossy", [...TALK, ...CHURN, [8, moves.storm], [4, moves.healAtOnce]]),
  scenario("partitions", [...TALK, ...CHURN, ...PARTITION]),
  scenario(
    "long-partition",
    [
      [30, moves.say],
      [30, moves.heal],
      [4, moves.invite],
      [3, moves.split],
      [1, moves.rejoinSides],
    ],
    {
      rounds: 50,
      pause: 800,
    },
  ),
  scenario("days-offline", [...TALK, [4, moves.invite], [3, moves.night], [3, moves.switchOffOrOn]]),
  scenario("crash", [...TALK, ...CHURN, [16, moves.crash], [4, moves.restart], [4, moves.split], [4, moves.meet]]),
  {
    ...scenario("backup", []),
    moves: () => [...TALK, [4, moves.invite], [10, moves.backUpOrRestore()]],
  },
  {
    ...scenario("backup-churn", [], { leastSize: 4, rounds: 50 }),
    moves: () => [...TALK, ...CHURN, ...PARTITION, [4, moves.restart], [14, moves.backUpOrRestore()]],
  },
  scenario("clock-skew", [...TALK, ...CHURN, [8, moves.skew], [4, moves.healAtOnce]]),
  scenario("disk-full", [...TALK, ...CHURN, [12, moves.fillDisk], [4, moves.split], [4, moves.meet]]),
  scenario("slow-peer", [...TALK, ...CHURN, [6, moves.slowDown], [4, moves.healAtOnce]]),
  scenario("churn", [
    ...TALK,
    [10, moves.invite],
    [6, moves.removeAnyone],
    [3, moves.leave],
    [4, moves.split],
    [6, moves.meet],
  ]),
  scenario(
    "removed-forks",
    [...TALK, [8, moves.remove], [20, insider.forkOn], [4, moves.split], [6, moves.meet], [4, moves.storm]],
    {
      insiders: 1,
    },
  ),
  scenario("equivocation", [...TALK, ...CHURN, [14, insider.equivocate], [4, moves.split], [4, moves.meet]], {
    insiders: 1,
  }),
  scenario("backdated", [...TALK, [4, moves.invite], [6, moves.remove], [14, insider.backdate]], { insiders: 1 }),
  scenario(
    "grinding",
    [...TALK, [4, moves.invite], [30, moves.healFounder], [15, insider.grind], [15, insider.outrun]],
    {
      insiders: 1,
      pause: 800,
    },
  ),
  scenario("flood", [...TALK, ...CHURN, [6, insider.flood], [4, moves.split], [4, moves.meet]], { insiders: 1 }),
  scenario("bad-path-secret", [...TALK, [2, moves.invite], [8, insider.shutOut]], { insiders: 1 }),
  scenario("colluders", [...TALK, [2, moves.invite], [6, insider.shutOutTogether]], { insiders: 2, leastSize: 5 }),
  scenario("stolen-id", [...TALK, ...CHURN, [20, insider.stealId]], { insiders: 1 }),
  scenario("forged-invitation", [...TALK, ...CHURN, [14, insider.inviteFalsely]], { insiders: 1 }),
  scenario("two-bodies", [...TALK, [4, moves.invite], [10, insider.twoBodies], [3, moves.split], [4, moves.meet]], {
    insiders: 1,
  }),
  scenario("crowded-place", [...TALK, [4, moves.invite], [4, insider.crowd], [3, moves.split], [6, moves.meet]], {
    insiders: 1,
  }),
  scenario("old-branch", [...TALK, [4, moves.invite], [6, moves.remove], [14, insider.writeInOldBranch]], {
    insiders: 1,
  }),
  scenario("self-readmission", [...TALK, [4, moves.invite], [6, moves.remove], [10, insider.readmitItself]], {
    insiders: 1,
  }),
  scenario("refused-good", [...TALK, ...CHURN, [14, insider.refuseGood], [4, moves.split], [4, moves.meet]], {
    insiders: 1,
  }),
  scenario("realised-again", [...TALK, [8, moves.invite], [30, moves.healFounder], [15, insider.citeRealised]], {
    insiders: 1,
    pause: 800,
  }),
  scenario("false-holdings", [...TALK, ...CHURN, [20, claims.claimHoldings], [4, moves.split], [4, moves.meet]], {
    insiders: 1,
  }),
  scenario(
    "odd-numbers",
    [...TALK, ...CHURN, [10, claims.skipNumbers], [2, claims.leaveOutEverySecond], [4, moves.split], [6, moves.meet]],
    {
      insiders: 1,
    },
  ),
  scenario("invented-frontier", [...TALK, ...CHURN, [12, claims.inviteBeyond], [2, moves.split], [4, moves.meet]], {
    insiders: 1,
  }),
  scenario("large-fork", [...TALK, ...CHURN, [4, claims.forkLargely], [4, moves.split], [6, moves.meet]], {
    insiders: 1,
  }),
  scenario("borrowed-keys", [...TALK, [2, moves.remove], [8, moves.leave], [8, claims.borrowKeys], [10, moves.meet]], {
    insiders: 1,
  }),
  scenario("false-state", [...TALK, [6, moves.remove], [8, claims.inviteIntoFalseState], [4, moves.healAtOnce]], {
    insiders: 1,
  }),
  scenario("old-branches", [...TALK, [4, moves.invite], [4, insider.chainInOldBranches], [6, moves.meet]], {
    insiders: 1,
  }),
  scenario("all-faults", [...TALK, ...CHURN, ...PARTITION, ...FAULTS], { rounds: 50 }),
  scenario("everything", [...TALK, ...CHURN, ...PARTITION, ...FAULTS, ...MALICE], { insiders: 1, rounds: 50 }),
]

export function scenarioNamed(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name)
  if (found === undefined)
    throw new RangeError(`no scenario ${name}: choose all, or one of ${SCENARIOS.map((each) => each.name).join(", ")}`)
  return found
}
