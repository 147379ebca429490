import { expect, test } from "vitest"

import {
  EQUALS,
  resolveMembership,
  type Change,
  type Device,
  type KnownOperation,
  type Role,
} from "@starling/messenger/parts"

import { person } from "../support/devices.ts"

/** Operations of which each knows everything before it: number 0 founded the group. */
class Story {
  readonly all: KnownOperation[] = []
  readonly #devices = new Map<number, Device>()

  device(who: number): Device {
    const known = this.#devices.get(who)
    if (known !== undefined) return known
    const [first] = this.#devices.values()
    // One certificate in many names: only keys and identities are looked at here.
    const named = { ...(first ?? person(1)), device: `device ${who}`, identity: `person ${who}`, peerId: `peer ${who}` }
    this.#devices.set(who, named)
    return named
  }

  add(by: number, whom: number): this {
    return this.#tell(by, { kind: "add", device: this.device(whom), name: "" })
  }

  role(by: number, whom: number, role: Role): this {
    return this.#tell(by, { kind: "role", identity: this.device(whom).identity, role })
  }

  vouched(order: readonly KnownOperation[] = this.all): ReadonlyMap<string, number> {
    const founder = { creator: this.device(0), creatorName: "", policy: EQUALS }
    return resolveMembership(new Map(order.map((op) => [op.hash, op])), founder).vouched
  }

  count(): number {
    return this.vouched().size
  }

  #tell(by: number, change: Change): this {
    const { identity: author, device } = this.device(by)
    const hash = this.all.length.toString(16).padStart(64, "0")
    const last = this.all.at(-1)?.hash
    const previous = this.all.findLast((op) => op.device === device)?.hash
    this.all.push({ hash, author, device, change, deps: last === undefined ? [] : [last], previous })
    return this
  }
}

test("who founded the group, or is an admin, brings in whom they want", () => {
  const story = new Story()
  for (let who = 1; who <= 600; who++) story.add(0, who)
  expect(story.count()).toBe(601)
  story.role(0, 1, "admin")
  for (let who = 601; who <= 1200; who++) story.add(1, who)
  expect(story.count()).toBe(1201)
})

test("a plain member and all whom it brings in are bounded together, however they bring each other in", () => {
  const story = new Story().add(0, 1)
  let next = 2
  const bringIn = (by: number, count: number): number[] =>
    Array.from({ length: count }, () => {
      story.add(by, next)
      return next++
    })
  const first = bringIn(1, 40)
  const second = first.slice(0, 30).flatMap((puppet) => bringIn(puppet, 15))
  for (const puppet of second.slice(0, 60)) bringIn(puppet, 4)
  expect(story.count()).toBeGreaterThan(200)
  // The founder, the member, and those who take its places.
  expect(story.count()).toBeLessThanOrEqual(2 + 512)
})

test("friends of friends come in over several hands, and no more is kept of those than needs be", () => {
  const story = new Story().add(0, 1).add(1, 2).add(2, 3).add(3, 4)
  const vouched = story.vouched()
  expect([0, 1, 2, 3, 4].map((who) => vouched.get(`device ${who}`))).toEqual([0, 0, 2, 4, 4])
  // An admin who invites somebody once more answers for them.
  expect(story.add(0, 4).vouched().get("device 4")).toBe(0)
})

test("to bring somebody in anew takes no place", () => {
  const story = new Story().add(0, 1)
  for (let i = 0; i < 600; i++) story.add(1, 2)
  expect(story.add(1, 3).count()).toBe(4)
})

test("nobody comes in by the word of somebody who is not in, and whatever the order, the same devices are vouched for", () => {
  const story = new Story().add(0, 1).add(7, 8).add(1, 2).add(2, 3)
  expect([...story.vouched().keys()].sort()).toEqual(["device 0", "device 1", "device 2", "device 3"])
  expect(story.vouched(story.all.toReversed())).toEqual(story.vouched())
})
