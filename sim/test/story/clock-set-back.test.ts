import { expect, test } from "vitest"

import { invitations } from "@starling/messenger"

import { gather } from "../../src/gather.ts"
import type { Person } from "../../src/person.ts"

const HOUR = 3_600_000

test.for(["runs on", "starts again"])(
  "a clock that was ahead and is set right holds nothing up, where the device %s",
  (how) => {
    const { world, people, group } = gather(60, "alice", "bob")
    const [alice] = people as [Person, Person]
    const dave = world.person("dave")
    alice.knows(dave)
    alice.invite(group, dave)
    alice.clockOffset = 8 * HOUR
    world.connect(alice, dave)
    world.run(60_000)
    expect(invitations(dave.state)).toEqual([])
    alice.clockOffset = 0
    if (how === "starts again") alice.restart()
    world.run(60_000)
    expect(invitations(dave.state)).toHaveLength(1)
  },
)
