import { fromUtf8, utf8, type Bytes } from "@starling/kernel"
import {
  branch,
  createCommit,
  createGroup,
  createKeyPackage,
  join,
  members,
  protect,
  ratchetTreeOf,
  receive,
  reinitialise,
  type Branching,
  type Credential,
  type FormerGroup,
  type GroupState,
  type MlsContext,
  type OwnKeyPackage,
  type Reinitialising,
  type Subgroup,
} from "@starling/mls"
import { providerOf } from "#platform"
import { expect, test } from "vitest"

import { Story } from "./story.ts"
import { client, NOW, world, type Client } from "./world.ts"

const NEW_ID = utf8("anew")
const EXTENSIONS = [{ type: 0xf000, data: utf8("a rule") }]
const SUPPORTED = { supportedExtensions: [0xf000] }

/** Alice, Bob and Carol, each with fresh keys for a group in `next`. */
interface Cast {
  readonly next: MlsContext
  readonly states: ReadonlyMap<string, GroupState>
  readonly clients: ReadonlyMap<string, Client>
  readonly fresh: ReadonlyMap<string, OwnKeyPackage>
}

function cast(story: Story, suite: 1 | 3): Cast {
  const next = { ...story.mls, crypto: providerOf(suite) }
  const people = [...story.people.values()]
  return {
    next,
    states: new Map(people.map(({ name, state }) => [name, state])),
    clients: new Map(people.map(({ name, client }) => [name, client])),
    fresh: new Map(people.map(({ name, client }) => [name, createKeyPackage(next, { ...client, ...SUPPORTED })])),
  }
}

/** A group whose last commit was a ReInit to `suite`. */
function shut(seed: string, suite: 1 | 3 = 1): Cast {
  const story = new Story(world(seed), "alice")
  story.add("alice", "bob", "carol")
  const proposals = [{ kind: "reinit", groupId: NEW_ID, ciphersuite: suite, extensions: EXTENSIONS }] as const
  story.change("bob", {}, { proposals })
  return cast(story, suite)
}

function open(seed: string): Cast {
  const story = new Story(world(seed), "alice")
  story.add("alice", "bob", "carol")
  return cast(story, 1)
}

function get<T>(map: ReadonlyMap<string, T>, name: string): T {
  const value = map.get(name)
  if (value === undefined) throw new RangeError(name)
  return value
}

function options({ clients, fresh }: Cast, by: string, others: readonly string[]): Reinitialising {
  const keyPackages = others.map((name) => get(fresh, name).keyPackage)
  return { ...get(clients, by), ...SUPPORTED, keyPackages, now: NOW }
}

function founded(made: ReturnType<typeof branch>): Subgroup & { readonly welcome: Bytes } {
  if (made.kind !== "ok") throw new Error(`${made.reason} (${made.section})`)
  const { welcome = utf8("") } = made
  return { ...made, welcome }
}

function enter(
  { next, states, clients, fresh }: Cast,
  name: string,
  welcome: Bytes,
  more: { readonly former?: FormerGroup | "none"; readonly ratchetTree?: Bytes } = {},
) {
  const { former = { state: get(states, name) }, ...rest } = more
  return join(next, {
    welcome,
    keyPackage: get(fresh, name),
    signatureKeys: get(clients, name).signatureKeys,
    ...(former === "none" ? {} : { former }),
    ...rest,
  })
}

test.for([1, 3] as const)("a group goes on under another id, in suite %i, with all its members", (suite) => {
  const all = shut(`reinit ${suite}`, suite)
  const { state, welcome } = founded(
    reinitialise(all.next, get(all.states, "carol"), options(all, "carol", ["alice", "bob"])),
  )
  expect(state).toMatchObject({ groupId: NEW_ID, epoch: 1n, ciphersuite: suite, extensions: EXTENSIONS })
  for (const name of ["alice", "bob"]) {
    const joined = enter(all, name, welcome)
    if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
    expect(joined.link).toBe("reinit")
    expect(joined.state.epochAuthenticator).toEqual(state.epochAuthenticator)
    const sent = protect(all.next, joined.state, utf8("here again"))
    expect(receive(all.next, state, sent.message).kind).toBe("application")
    const update = createCommit(all.next, joined.state, { proposals: [], now: NOW })
    if (update.kind !== "ok") throw new Error(update.reason)
    expect(receive(all.next, state, update.commit).kind).toBe("commit")
  }
})

test("some members of a group form one of their own", () => {
  const all = open("branch")
  const branching: Branching = { ...options(all, "bob", ["carol"]), groupId: utf8("two of us"), extensions: EXTENSIONS }
  const { state, welcome } = founded(branch(all.next, get(all.states, "bob"), { ...branching, ratchetTree: false }))
  expect(state).toMatchObject({ groupId: utf8("two of us"), epoch: 1n, extensions: EXTENSIONS })
  expect(enter(all, "carol", welcome)).toMatchObject({ reason: "no-ratchet-tree" })
  const joined = enter(all, "carol", welcome, { ratchetTree: ratchetTreeOf(state) })
  if (joined.kind !== "joined") throw new Error(joined.reason)
  expect(joined.link).toBe("branch")
  expect(members(joined.state)).toHaveLength(2)
  const sent = protect(all.next, state, utf8("between us"))
  expect(receive(all.next, joined.state, sent.message).kind).toBe("application")
  expect(receive(all.next, get(all.states, "alice"), sent.message)).toMatchObject({ reason: "wrong-group" })
})

test("a group of one goes on alone, without a Welcome", () => {
  const story = new Story(world("alone"), "alice")
  story.change("alice", {}, { proposals: [{ kind: "reinit", groupId: NEW_ID, ciphersuite: 1 }] })
  const all = cast(story, 1)
  const made = reinitialise(all.next, get(all.states, "alice"), options(all, "alice", []))
  expect(made).toMatchObject({ kind: "ok", welcome: undefined, state: { epoch: 1n, groupId: NEW_ID } })
})

test("RFC 9420, 11.2: without the former group at hand its successor is not joined", () => {
  const all = shut("not at hand")
  const { welcome } = founded(reinitialise(all.next, get(all.states, "alice"), options(all, "alice", ["bob", "carol"])))
  expect(enter(all, "bob", welcome, { former: "none" })).toMatchObject({ reason: "former-group-missing" })
})

test("RFC 9420, 11.2: a Welcome that does not prove the former group is no successor of it", () => {
  const all = shut("no proof")
  const story = new Story(all.next, "mallory")
  const keyPackage = get(all.fresh, "bob")
  const proposals = [{ kind: "add", keyPackage: keyPackage.keyPackage }] as const
  const made = createCommit(all.next, story.state("mallory"), { proposals, now: NOW })
  if (made.kind !== "ok" || made.welcome === undefined) throw new Error("no Welcome")
  expect(enter(all, "bob", made.welcome)).toEqual({
    kind: "refused",
    reason: "former-group-mismatch",
    section: "RFC 9420, 11.2",
  })
  expect(enter(all, "bob", made.welcome, { former: "none" })).toMatchObject({ kind: "joined", link: undefined })
})

test("RFC 9420, 12.4.3.1: the former group is the one, and in the epoch, that the PSK is of", () => {
  const all = shut("which epoch")
  const { welcome } = founded(reinitialise(all.next, get(all.states, "alice"), options(all, "alice", ["bob", "carol"])))
  const state = get(all.states, "bob")
  for (const other of [
    { ...state, epoch: state.epoch - 1n },
    { ...state, groupId: utf8("another") },
  ]) {
    expect(enter(all, "bob", welcome, { former: { state: other } })).toEqual({
      kind: "refused",
      reason: "former-group-mismatch",
      section: "RFC 9420, 12.4.3.1",
    })
  }
})

test.for<{ name: string; change: (state: GroupState) => GroupState }>([
  { name: "no ReInit", change: (state) => ({ ...state, reinit: undefined }) },
  { name: "another id", change: (state) => reinitOf(state, { groupId: utf8("elsewhere") }) },
  { name: "another version", change: (state) => reinitOf(state, { version: 2 }) },
  { name: "another suite", change: (state) => reinitOf(state, { ciphersuite: 3 }) },
  { name: "other extensions", change: (state) => reinitOf(state, { extensions: [] }) },
])(
  "RFC 9420, 11.2: a successor of a group with $name in its last commit is refused",
  ({ name, change }, { expect: see }) => {
    const all = shut(name)
    const { welcome } = founded(
      reinitialise(all.next, get(all.states, "alice"), options(all, "alice", ["bob", "carol"])),
    )
    const former = { state: change(get(all.states, "bob")) }
    see(enter(all, "bob", welcome, { former })).toEqual({
      kind: "refused",
      reason: "former-group-mismatch",
      section: "RFC 9420, 11.2",
    })
  },
)

test("RFC 9420, 11.2: a successor has all members of the former group and no others", () => {
  const all = shut("members")
  const alice = get(all.states, "alice")
  const members = { reason: "members-mismatch", section: "RFC 9420, 11.2" }
  expect(reinitialise(all.next, alice, options(all, "alice", ["bob"]))).toMatchObject(members)
  const dave = createKeyPackage(all.next, { ...get(all.clients, "bob"), credential: basic("dave"), ...SUPPORTED })
  const { keyPackages, ...rest } = options(all, "alice", ["bob", "carol"])
  expect(
    reinitialise(all.next, alice, { ...rest, keyPackages: [...keyPackages.slice(1), dave.keyPackage] }),
  ).toMatchObject(members)
  const lax = { isSameMember: () => true }
  const { welcome } = founded(reinitialise(all.next, alice, { ...options(all, "alice", ["bob"]), ...lax }))
  expect(enter(all, "bob", welcome)).toMatchObject(members)
  expect(enter(all, "bob", welcome, { former: { state: get(all.states, "bob"), ...lax } }).kind).toBe("joined")
})

test("RFC 9420, 11.3: a branch has members of the former group only, and its suite", () => {
  const all = open("strangers")
  const alice = get(all.states, "alice")
  const dave = createKeyPackage(all.next, { ...get(all.clients, "bob"), credential: basic("dave"), ...SUPPORTED })
  const branching = { ...options(all, "alice", []), groupId: NEW_ID }
  const members = { reason: "members-mismatch", section: "RFC 9420, 11.3" }
  expect(branch(all.next, alice, { ...branching, keyPackages: [dave.keyPackage] })).toMatchObject(members)
  const isSameMember = (former: Credential, present: Credential) =>
    nameOf(present) === "dave" ? nameOf(former) === "bob" : nameOf(former) === nameOf(present)
  const bob = get(all.fresh, "carol").keyPackage
  const { welcome } = founded(
    branch(all.next, alice, { ...branching, keyPackages: [dave.keyPackage, bob], isSameMember }),
  )
  expect(enter(all, "carol", welcome)).toMatchObject(members)
  const state = get(all.states, "carol")
  expect(enter(all, "carol", welcome, { former: { state, isSameMember } }).kind).toBe("joined")
  const another = { state: { ...state, ciphersuite: 3 }, isSameMember }
  expect(enter(all, "carol", welcome, { former: another })).toMatchObject({
    reason: "former-group-mismatch",
    section: "RFC 9420, 11.3",
  })
  expect(() => branch({ ...all.next, crypto: providerOf(3) }, alice, branching)).toThrow(RangeError)
})

test("a group that was not shut is not reinitialised, nor is one whose suite has no provider here", () => {
  const all = open("not shut")
  expect(() => reinitialise(all.next, get(all.states, "alice"), options(all, "alice", []))).toThrow(RangeError)
  const other = shut("other suite", 3)
  const wrong = { ...other.next, crypto: providerOf(1) }
  expect(() => reinitialise(wrong, get(other.states, "alice"), options(other, "alice", []))).toThrow(RangeError)
})

test("further pre-shared keys go into a new group beside that of the former one", () => {
  const all = open("more keys")
  const presharedKeys = [{ kind: "external", id: utf8("id") }] as const
  const psks = () => utf8("a key")
  const branching = { ...options(all, "alice", ["bob"]), groupId: NEW_ID, presharedKeys, psks }
  const { state, welcome } = founded(branch(all.next, get(all.states, "alice"), branching))
  const keyPackage = get(all.fresh, "bob")
  const { signatureKeys } = get(all.clients, "bob")
  const former = { state: get(all.states, "bob") }
  const joined = join(all.next, { welcome, keyPackage, signatureKeys, former, psks })
  expect(joined).toMatchObject({ kind: "joined", state: { epochAuthenticator: state.epochAuthenticator } })
  expect(join(all.next, { welcome, keyPackage, signatureKeys, former })).toMatchObject({ reason: "unknown-psk" })
})

function reinitOf(state: GroupState, change: Partial<NonNullable<GroupState["reinit"]>>): GroupState {
  return { ...state, reinit: state.reinit && { ...state.reinit, ...change } }
}

function basic(name: string): Credential {
  return { kind: "basic", identity: utf8(name) }
}

function nameOf(credential: Credential): string {
  return credential.kind === "basic" ? (fromUtf8(credential.identity) ?? "") : ""
}

test("RFC 9420, 11.2: of two members with one credential, both are of the successor", () => {
  const mls = world("one credential")
  const [own, first, second] = [client(mls, "alice"), client(mls, "bob"), client(mls, "bob")]
  const add = (each: Client) => ({ kind: "add", keyPackage: each.keyPackage.keyPackage }) as const
  let state = createGroup(mls, { groupId: utf8("old"), ...own })
  for (const proposals of [
    [add(first), add(second)],
    [{ kind: "reinit", groupId: NEW_ID, ciphersuite: 1, extensions: [] } as const],
  ]) {
    const made = createCommit(mls, state, { proposals, now: NOW })
    if (made.kind !== "ok") throw new Error(made.reason)
    state = made.next
  }
  const [one, other] = [client(mls, "bob"), client(mls, "bob")].map((each) => each.keyPackage.keyPackage)
  if (one === undefined || other === undefined) throw new RangeError("two key packages")
  const next = { ...own, now: NOW }
  expect(reinitialise(mls, state, { ...next, keyPackages: [one] })).toMatchObject({ reason: "members-mismatch" })
  expect(reinitialise(mls, state, { ...next, keyPackages: [one, other] }).kind).toBe("ok")
})
