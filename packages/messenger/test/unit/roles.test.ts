import * as fc from "fast-check"
import { expect, test } from "vitest"

import { EQUALS, type KnownOperation, type Policy } from "@starling/messenger/parts"

import { names, ToldOperations, type Name } from "../support/told-operations.ts"

const USUAL: Policy = { invite: "everyone", remove: "admins" }
const STRICT: Policy = { invite: "admins", remove: "admins" }
const ROLES = ["member", "admin", "owner"] as const

/** Alice's group with the others in it. */
function gathered(policy: Policy): { told: ToldOperations; all: KnownOperation } {
  const told = new ToldOperations(policy)
  for (const name of ["bob", "carol", "dave"] as const) told.add("alice", name)
  return { told, all: told.all.at(-1)! }
}

test("where only admins remove, a member's removal is void and an admin's counts", () => {
  const { told, all } = gathered(USUAL)
  const void_ = told.remove("bob", "carol", all)
  expect(told.members()).toEqual(["alice", "bob", "carol", "dave"])
  expect(told.membership().permits(void_)).toBe(false)
  const admin = told.role("alice", "bob", "admin", void_)
  expect(told.members()).toContain("carol")
  const removal = told.remove("bob", "carol", admin)
  expect(told.members()).toEqual(["alice", "bob", "dave"])
  expect(told.membership().permits(removal)).toBe(true)
})

test.for([
  { by: "admin", whom: "member", counts: true },
  { by: "admin", whom: "admin", counts: false },
  { by: "admin", whom: "owner", counts: false },
  { by: "owner", whom: "admin", counts: true },
  { by: "owner", whom: "owner", counts: false },
] as const)("that an $by removes an $whom counts: $counts", ({ by, whom, counts }) => {
  const { told } = gathered(USUAL)
  told.role("alice", "bob", by)
  told.remove("bob", "carol", told.role("alice", "carol", whom))
  expect(told.members().includes("carol")).toBe(!counts)
})

test("a demotion voids what the demoted one does concurrently, and nothing that it knew of", () => {
  const { told } = gathered(USUAL)
  const admin = told.role("alice", "bob", "admin")
  told.remove("bob", "carol", admin)
  expect(told.members()).not.toContain("carol")
  told.role("alice", "bob", "member")
  expect(told.members()).toContain("carol")

  const again = gathered(USUAL)
  const removal = again.told.remove("bob", "carol", again.told.role("alice", "bob", "admin"))
  again.told.role("alice", "bob", "member", removal)
  expect(again.told.members()).not.toContain("carol")
})

test("who claims not to know of somebody's role removes nobody by it", () => {
  const { told } = gathered(USUAL)
  const admin = told.role("alice", "bob", "admin")
  told.role("alice", "carol", "owner")
  const removal = told.remove("bob", "carol", admin)
  expect(told.members()).toContain("carol")
  expect(told.membership().permits(removal)).toBe(true)
})

test("only owners give roles, to themselves or to who is no other owner", () => {
  const { told, all } = gathered(USUAL)
  told.role("bob", "bob", "owner", all)
  told.role("carol", "bob", "admin", told.role("alice", "carol", "admin"))
  expect(told.roleOf("bob")).toBe("member")
  const owner = told.role("alice", "bob", "owner")
  told.role("bob", "alice", "member", owner)
  expect(told.roleOf("alice")).toBe("owner")
  told.role("bob", "carol", "member", owner)
  expect(told.roleOf("carol")).toBe("member")
  told.role("bob", "bob", "admin")
  expect(told.roleOf("bob")).toBe("admin")
  told.role("bob", "dave", "admin")
  expect(told.roleOf("dave")).toBe("member")
})

test.for([
  ["admin", "member"],
  ["member", "admin"],
  ["owner", "admin"],
] as const)("of two concurrent words about a role, %s and %s, the least counts until one knows of both", ([a, b]) => {
  const { told } = gathered(USUAL)
  const owner = told.role("alice", "bob", "owner")
  const [one, other] = [told.role("alice", "carol", a), told.role("bob", "carol", b, owner)]
  expect(told.roleOf("carol")).toBe(ROLES.find((role) => role === a || role === b))
  told.role("alice", "carol", "owner", one, other)
  expect(told.roleOf("carol")).toBe("owner")
})

test("what is given by somebody who was removed meanwhile is not given", () => {
  const { told } = gathered(EQUALS)
  const owner = told.role("alice", "bob", "owner")
  told.role("bob", "carol", "admin", owner)
  expect(told.roleOf("carol")).toBe("admin")
  told.remove("alice", "bob")
  expect(told.roleOf("carol")).toBe("member")
})

test("a policy binds whoever knew of it", () => {
  const { told, all } = gathered(EQUALS)
  const strict = told.policy("alice", STRICT)
  told.remove("bob", "carol", all)
  expect(told.members()).toEqual(["alice", "bob", "dave"])
  told.remove("bob", "dave", strict)
  told.add("bob", "carol", strict)
  expect(told.members()).toEqual(["alice", "bob", "dave"])
  expect(told.membership().policy).toEqual(STRICT)
})

test("only owners set the policy", () => {
  const { told, all } = gathered(STRICT)
  told.policy("bob", EQUALS, all)
  told.policy("carol", EQUALS, told.role("alice", "carol", "admin"))
  expect(told.membership().policy).toEqual(STRICT)
  told.policy("carol", EQUALS, told.role("alice", "carol", "owner"))
  expect(told.membership().policy).toEqual(EQUALS)
})

test("where only admins invite, who leaves comes back by their own word at once, and not otherwise", () => {
  const { told, all } = gathered(STRICT)
  const left = told.leave("bob", all)
  told.add("carol", "bob", left)
  expect(told.members()).not.toContain("bob")
  told.add("bob", "bob")
  expect(told.members()).toContain("bob")
  const removal = told.remove("alice", "bob", ...told.all)
  told.add("bob", "bob")
  told.leave("bob", removal)
  told.add("bob", "bob")
  expect(told.members()).not.toContain("bob")
})

test("a word that rests on what never came gives no role", () => {
  const { told } = gathered(USUAL)
  told.role("alice", "bob", "admin")
  told.role("alice", "bob", "owner", { hash: "ee".repeat(32) })
  expect(told.roleOf("bob")).toBe("admin")
})

test("the order in which operations come does not matter", () => {
  const step = fc.record({
    by: fc.constantFrom(...names),
    whom: fc.constantFrom(...names),
    kind: fc.constantFrom("add", "remove", "leave", "role", "role", "role", "policy"),
    role: fc.constantFrom(...ROLES),
    policy: fc.constantFrom(USUAL, STRICT, EQUALS),
    knowing: fc.array(fc.nat(24), { maxLength: 3 }),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(USUAL, STRICT, EQUALS),
      fc.array(step, { maxLength: 16 }),
      fc.infiniteStream(fc.nat()),
      (founded, steps, dice) => {
        const { told } = gathered(founded)
        for (const each of steps) tell(told, each)
        const shuffled = told.all
          .map((op) => ({ op, at: dice.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
          .map(({ op }) => op)
        const [one, other] = [told.membership(), told.membership(shuffled)]
        expect(told.members(shuffled)).toEqual(told.members())
        expect(other.roles).toEqual(one.roles)
        expect(other.policy).toEqual(one.policy)
        expect(told.all.map(other.permits)).toEqual(told.all.map(one.permits))
      },
    ),
  )
})

test("what an operation permits is said once for all", () => {
  const { told, all } = gathered(USUAL)
  const removal = told.remove("bob", "carol", told.role("alice", "bob", "admin", all))
  const before = told.all.map(told.membership().permits)
  told.role("alice", "bob", "member")
  told.policy("alice", STRICT)
  told.remove("alice", "bob", removal)
  expect(told.all.slice(0, before.length).map(told.membership().permits)).toEqual(before)
})

interface Telling {
  readonly by: Name
  readonly whom: Name
  readonly kind: string
  readonly role: (typeof ROLES)[number]
  readonly policy: Policy
  readonly knowing: readonly number[]
}

function tell(told: ToldOperations, { by, whom, kind, role, policy, knowing }: Telling): void {
  const known = knowing.flatMap((i) => told.all[i] ?? [])
  if (kind === "add") told.add(by, whom, ...known)
  else if (kind === "remove") told.remove(by, whom, ...known)
  else if (kind === "leave") told.leave(by, ...known)
  else if (kind === "role") told.role(by, whom, role, ...known)
  else told.policy(by, policy, ...known)
}
