import type { Scene } from "./scene.ts"

/** `succeeded`: the attacker got what the attack's name says. */
export type Outcome = "refused" | "succeeded"

export type Property = "unforgeability" | "anonymity" | "confidentiality" | "robustness"

/** One thing that somebody may try. `attacks/mutants.ts` has a fault under the same id with which it succeeds. */
export interface Attack {
  readonly id: string
  readonly property: Property
  /** What the attacker does. */
  readonly name: string
  run(scene: Scene): Promise<Outcome>
}

export function succeededIf(broken: boolean): Outcome {
  return broken ? "succeeded" : "refused"
}
