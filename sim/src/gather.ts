import { EQUALS, type Policy } from "@starling/messenger/parts"

import type { Person } from "./person.ts"
import { World } from "./world.ts"

interface Gathering {
  readonly world: World
  readonly people: Person[]
  readonly group: string
}

/** A group of equals who know each other, all connected, all in; the first one founded it. */
export function gather(seed: number, ...names: readonly string[]): Gathering {
  return gatherUnder(EQUALS, seed, ...names)
}

/** The same where the founder, its owner, sets this policy. */
export function gatherUnder(policy: Policy, seed: number, ...names: readonly string[]): Gathering {
  const world = new World(seed)
  const people = names.map((name) => world.person(name))
  world.meetAll()
  const [founder, ...others] = people
  if (founder === undefined) throw new RangeError("nobody")
  founder.knows(...others)
  const group = founder.createGroup("friends", policy)
  for (const other of others) {
    founder.invite(group, other)
    world.run(500)
    other.accept(group)
    world.run(500)
  }
  world.run(15_000)
  return { world, people, group }
}
