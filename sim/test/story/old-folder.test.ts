import { expect, test } from "vitest"

import { headOf, type LoggedRecord } from "@starling/messenger/parts"

import { expectOneState } from "../support/expectations.ts"
import { gather } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

const UNKNOWN = 9

/** As a build without bounds would have written them. */
function putOnDisk(person: Person, group: string, records: readonly LoggedRecord[], isForked: boolean): void {
  const count = person.store.list("records", group).length
  person.store.commit(
    records.map(({ author, seq, hash, encoded }, i) => ({
      kind: "put",
      bucket: "records",
      partition: group,
      key: isForked ? `${author}:${seq}:${hash}` : `${author}:${seq}`,
      ordinal: count + i + 1,
      value: encoded,
    })),
  )
}

test("of what a folder holds beyond the bounds its device keeps what everybody keeps, and says so once", () => {
  const { world, people, group } = gather(81, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const insider = new Insider(world, mallory, group)
  const stranger = world.person("stranger")
  const { device } = mallory.state.durable.own
  const heldOf = (person: Person, who: string): readonly LoggedRecord[] =>
    person.state.durable.groups.get(group)!.logs.get(who) ?? []
  const head = (person: Person): string | undefined =>
    headOf(crypto, person.state.durable.groups.get(group)!.logs, device)?.head

  const before = insider.log().length
  let last = insider.log().at(-1)
  const long = [100, 5_000, 100, 100, 100].map((length) => {
    last = insider.signAfter(last, UNKNOWN, new Uint8Array(length))
    return last
  })
  world.goOffline(mallory)
  mallory.stop()
  putOnDisk(alice, group, long, false)
  putOnDisk(alice, group, [new Insider(world, stranger, group).signAfter(undefined, UNKNOWN, new Uint8Array(9))], false)
  alice.restart()
  expect(heldOf(alice, device)).toHaveLength(before + 1)
  expect(heldOf(alice, stranger.state.durable.own.device)).toEqual([])
  expect(alice.troubles().filter((text) => text.includes("5 records"))).toHaveLength(1)
  alice.restart()
  expect(alice.troubles().filter((text) => text.includes("were dropped"))).toHaveLength(1)
  world.run(60_000)
  expect(head(bob)).toBe(head(alice))
  expectOneState(group, alice, bob)

  const [place] = insider.log()
  const beside = Array.from({ length: 600 }, (_, n) =>
    insider.signAfter(place, UNKNOWN, new Uint8Array([n, n >> 8, 1])),
  )
  putOnDisk(bob, group, beside, true)
  bob.restart()
  expect(heldOf(bob, device)).toHaveLength(before + 1 + 257)
  alice.send(group, "goes on")
  world.run(60_000)
  expect(bob.texts(group)).toContain("goes on")
  expect(head(bob)).toBe(head(alice))
})
