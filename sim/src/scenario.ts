import { judgeStage } from "./judge.ts"
import { invitationsAreAccepted, type Move } from "./moves.ts"
import { setStage, type Setting, type Stage } from "./stage.ts"
import { untrueStates } from "./untrue-states.ts"
import type { Verdict } from "./verdict.ts"

/** What may happen, and how often in comparison. */
export interface Scenario extends Setting {
  readonly name: string
  readonly insiders: number
  /** Fewer people than this do not make it: insiders are to be outnumbered. */
  readonly leastSize: number
  readonly rounds: number
  /** Greatest pause between two moves, in milliseconds. */
  readonly pause: number
  /** Fresh for each run, as a move may remember. */
  moves(): readonly (readonly [weight: number, move: Move])[]
}

export interface Played {
  readonly stage: Stage
  readonly verdict: Verdict
  /** Of every event in order. */
  readonly digest: string
}

/** Plays a scenario from its seed, which decides everything, and judges how it ends. */
export function play(scenario: Scenario, seed: number, size: number): Played {
  const stage = setStage(seed, Math.max(size, scenario.leastSize), scenario.insiders, scenario)
  const moves = scenario.moves()
  const total = moves.reduce((sum, [weight]) => sum + weight, 0)
  for (let round = 0; round < scenario.rounds; round++) {
    invitationsAreAccepted(stage)
    pickMove(moves, stage.dice.next() * total)(stage)
    stage.world.run(stage.dice.below(scenario.pause))
    for (const fault of untrueStates(stage)) stage.untrue.add(fault)
  }
  const verdict = judgeStage(stage)
  return { stage, verdict, digest: stage.digest.finish() }
}

function pickMove(moves: ReturnType<Scenario["moves"]>, at: number): Move {
  let left = at
  for (const [weight, move] of moves) {
    left -= weight
    if (left < 0) return move
  }
  throw new RangeError("a scenario has moves")
}
