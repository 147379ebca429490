import type { Person } from "./person.ts"
import { World } from "./world.ts"

/** A group of people who know each other, all connected, all in; the first one founded it. */
export function gather(seed: number, ...names: readonly string[]): { world: World; people: Person[]; group: string } {
  const world = new World(seed)
  const people = names.map((name) => world.person(name))
  world.meetAll()
  const [founder, ...others] = people
  if (founder === undefined) throw new RangeError("nobody")
  founder.knows(...others)
  const group = founder.createGroup()
  for (const other of others) {
    founder.invite(group, other)
    world.run(500)
    other.accept(group)
    world.run(500)
  }
  world.run(15_000)
  return { world, people, group }
}
