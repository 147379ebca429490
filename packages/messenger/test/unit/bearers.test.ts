import * as fc from "fast-check"
import { expect, test } from "vitest"

import {
  bearerOf,
  bearersOf,
  byPeerId,
  firstBearers,
  withClaim,
  withConsent,
  type Bearers,
  type Device,
} from "@starling/messenger/parts"

import { person } from "../support/devices.ts"
import { people } from "../support/told-operations.ts"

const { alice, bob, carol, dave } = people
const mallory = person(7)

type Statement =
  | { readonly kind: "named"; readonly device: Device; readonly by: string }
  | { readonly kind: "signed"; readonly device: string; readonly identity: string }

/** `by` names the device of `of` for `whom`. */
const names = (by: Device, whom: Device, of = whom): Statement => {
  return { kind: "named", device: { ...whom, device: of.device }, by: by.device }
}
/** The device of `of` has signed that it is that of `whom`. */
const signs = (of: Device, whom = of): Statement => {
  return { kind: "signed", device: of.device, identity: whom.identity }
}

function whose(device: Device, ...statements: readonly Statement[]): string | undefined {
  const bearers = statements.reduce<Bearers>(
    (before, said) => (said.kind === "named" ? withClaim(before, said.device, said.by) : withConsent(before, said)),
    firstBearers(alice),
  )
  const atOnce = bearersOf(
    alice,
    statements.filter((said) => said.kind === "named"),
    statements.filter((said) => said.kind === "signed"),
  )
  expect(atOnce.identities).toEqual(bearers.identities)
  return bearerOf({ bearers }, device.device)
}

test.for([
  { name: "whom one addition names", said: [names(alice, bob)], expected: bob },
  { name: "nobody where two are named", said: [names(mallory, mallory, bob), names(alice, bob)], expected: undefined },
  {
    name: "whom it has signed for, of two who are named",
    said: [names(mallory, mallory, bob), names(alice, bob), signs(bob)],
    expected: bob,
  },
  { name: "nobody yet, who is named and whom it has not signed for", said: [signs(bob, carol), names(alice, bob)] },
  {
    name: "of two whom it has signed for, the one named nearer to the creator",
    said: [
      names(alice, bob),
      names(alice, carol),
      signs(bob),
      signs(bob, dave),
      signs(bob, mallory),
      names(bob, dave, bob),
      names(carol, mallory, bob),
    ],
    expected: bob,
  },
])("a device stands for $name, in whatever order that is told", ({ said, expected }) => {
  fc.assert(
    fc.property(fc.shuffledSubarray(said, { minLength: said.length }), (shuffled) => {
      expect(whose(bob, ...shuffled)).toBe(expected?.identity)
    }),
  )
})

test("the creator's device is the creator's, whoever names it", () => {
  expect(whose(alice, names(bob, mallory, alice))).toBe(alice.identity)
  expect(whose(alice, names(bob, mallory, alice), signs(alice, mallory))).toBe(alice.identity)
})

test("of those who bear one PeerId it is that of the one whose key says so, else of the first who was a member", () => {
  const bearing = (device: Device, ownsPeerId?: boolean): Device => ({
    ...device,
    peerId: bob.peerId,
    ...(ownsPeerId === undefined ? {} : { ownsPeerId }),
  })
  const seniority = new Map([alice, mallory, bob].map(({ identity }, i) => [identity, i]))
  const behind = (...devices: readonly Device[]): string | undefined =>
    byPeerId(seniority, devices).get(bob.peerId)?.device
  for (const [one, other] of [
    [mallory, bob],
    [bob, mallory],
  ] as const) {
    expect(behind(bearing(one), bearing(other))).toBe(mallory.device)
    expect(behind(bearing(one, one === bob), bearing(other, other === bob))).toBe(bob.device)
  }
  const late = [carol, dave].map((device) => bearing(device))
  expect(behind(...late)).toBe(behind(...late.toReversed()))
})
