/** What a fuzz looks for: the engine contradicts the RFC or itself. Ends the run. */
export class Disagreement extends Error {}

export function require(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Disagreement(what)
}
