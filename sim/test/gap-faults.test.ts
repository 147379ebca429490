import { expect, test } from "vitest"

import { gapFaults } from "../src/gap-faults.ts"
import type { Person } from "../src/person.ts"
import { setStage } from "../src/stage.ts"

test("a reader is to be told of what others show and nobody can supply, and of nothing else", () => {
  const stage = setStage(5, 3, 0)
  const { world, ledger, group } = stage
  const [holder, author, reader] = [...world.people.values()] as [Person, Person, Person]
  world.goOffline(reader)
  ledger.say(author)
  world.run(2_000)
  const key = `${author.state.durable.own.device}:1`
  // Neither its ciphertext nor what its author signed is there any more.
  for (const bucket of ["messages", "numbered-messages"])
    holder.store.commit([{ kind: "delete", bucket, partition: group, key }])
  author.stop()
  world.connect(holder, reader)
  world.run(30_000)
  expect(gapFaults(stage)).toEqual([])

  const shown = reader.detail(group)
  expect(shown.gaps).toHaveLength(1)
  reader.detail = () => ({ ...shown, gaps: [] })
  expect(gapFaults(stage)).toEqual([`${reader.name} misses “${author.name} says 1”, and is not told`])
  reader.detail = () => ({ ...shown, gaps: shown.gaps.map((gap) => ({ ...gap, count: 2 })) })
  expect(gapFaults(stage)).toEqual([`${reader.name} is shown that 2 of ${author.name} are missing, and 1 are`])
})
