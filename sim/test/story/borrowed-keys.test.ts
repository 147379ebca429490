import { expect, test } from "vitest"

import { gossip } from "@starling/messenger"
import {
  certifyDevice,
  describeDevice,
  encodeOperation,
  sealEnvelope,
  type LoggedRecord,
} from "@starling/messenger/parts"

import { gatherUnder } from "../../src/gather.ts"
import { groupOf } from "../../src/group-of.ts"
import { Insider } from "../../src/insider.ts"
import type { Person } from "../../src/person.ts"
import { crypto } from "../../src/seeded.ts"

const OPERATION = 1

test("whoever asks for a puppet under somebody else's PeerId keeps nothing from that one", () => {
  const { world, people, group } = gatherUnder(
    { invite: "everyone", remove: "admins" },
    8,
    "alice",
    "bob",
    "henry",
    "mallory",
  )
  const [alice, bob, henry, mallory] = people as [Person, Person, Person, Person]
  const puppet = world.person("quin")
  puppet.stop()
  const insider = new Insider(world, mallory, group)
  const { operations, forest, live } = groupOf(mallory, group)!
  const era = forest.get(live)!.era!
  const admission = [...operations.values()].find(
    ({ change }) => change.kind === "add" && change.device.device === henry.state.durable.own.device,
  )!
  const add = (createdAt: number): LoggedRecord => {
    const { identityKeys, certificate } = puppet.state.durable.own
    const borrowed = { ...certificate, transportKey: henry.state.durable.own.certificate.transportKey, createdAt }
    const device = describeDevice(crypto, certifyDevice(crypto, identityKeys.privateKey, borrowed))
    const change = { kind: "add", device, name: "quin" } as const
    return insider.sign(OPERATION, encodeOperation({ change, deps: [...operations.keys()].slice(-8) }), false)
  }
  // Of two who bear one PeerId the one whose addition has the greater hash is the last to be looked at.
  let record = add(1)
  for (let at = 2; record.hash < admission.hash; at++) record = add(at)
  const data = sealEnvelope(crypto, era, "upd", record.encoded)
  for (const each of people) each.input((state, env) => gossip(state, era.topic, data, mallory.peerId, env))
  world.run(5_000)
  world.goOffline(henry)
  world.run(3_000)
  const said = ["one", "two", "three"]
  for (const text of said) alice.send(group, text)
  world.run(3_000)
  world.goOffline(mallory)
  for (const each of [alice, bob]) world.connect(each, henry)
  world.run(60_000)
  expect(henry.texts(group).toSorted()).toEqual(said.toSorted())
})
