import { expect, test } from "vitest"

import { encodeOperation, FIRST_PREV, signRecord, type Device } from "@starling/messenger/parts"

import { gatherUnder } from "../../src/gather.ts"
import { Insider } from "../../src/insider.ts"
import { crypto } from "../../src/seeded.ts"
import type { Person } from "../../src/person.ts"

const OPERATION = 1

test("a member who may not invite has nobody keep what its puppets sign, and who may, only of those it answers for", () => {
  const { world, people, group } = gatherUnder({ invite: "admins", remove: "admins" }, 151, "alice", "bob", "mallory")
  const [alice, bob, mallory] = people as [Person, Person, Person]
  const insider = new Insider(world, mallory, group)
  const puppets = Array.from({ length: 3 }, (_, i) => world.person(`puppet ${i}`))
  const heldOf = (puppet: Person): number =>
    bob.state.durable.groups.get(group)!.logs.get(puppet.state.durable.own.device)?.length ?? 0
  const known = (): readonly string[] => [...mallory.state.durable.groups.get(group)!.operations.keys()].slice(-1)
  const vouchFor = (device: Device): void => {
    const body = encodeOperation({ change: { kind: "add", device, name: "p" }, deps: known() })
    insider.publish("upd", insider.sign(OPERATION, body).encoded, era(), [bob])
  }
  const era = () => {
    const { forest, live } = mallory.state.durable.groups.get(group)!
    return forest.get(live)?.era
  }
  const speak = (puppet: Person): void => {
    const { own } = puppet.state.durable
    const record = signRecord(crypto, own.signatureKeys.privateKey, {
      group: mallory.state.durable.groups.get(group)!.id,
      device: own.certificate.signatureKey,
      seq: 1,
      prev: FIRST_PREV,
      kind: 99,
      body: new Uint8Array(1000),
    })
    insider.publish("upd", record.encoded, era(), [bob])
  }
  for (const puppet of puppets) {
    vouchFor(puppet.state.durable.own)
    speak(puppet)
  }
  world.run(5_000)
  expect(puppets.map(heldOf)).toEqual([0, 0, 0])
  alice.setPolicy(group, { invite: "everyone", remove: "admins" })
  world.run(15_000)
  const [first] = puppets as [Person]
  vouchFor(first.state.durable.own)
  speak(first)
  world.run(5_000)
  expect(puppets.map(heldOf)).toEqual([1, 0, 0])
})
