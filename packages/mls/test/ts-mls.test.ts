import { utf8 } from "@starling/kernel"
import {
  createCommit,
  createGroup,
  join,
  protect,
  readKeyPackage,
  receive,
  type GroupState,
  type MlsContext,
  type NewCommit,
  type ProposalIntent,
} from "@starling/mls"
import { expect, test } from "vitest"

import { expectKind } from "./story.ts"
import { TsMlsMember } from "./ts-mls-member.ts"
import { client, world, type Client } from "./world.ts"

/** Seconds since 1970: ts-mls looks at the clock of the machine. */
const PRESENT = BigInt(Math.floor(Date.now() / 1000))

/** Ours and theirs in one group; every commit reaches everybody, and all must then agree. */
class Mixed {
  readonly mls: MlsContext
  readonly ours: { readonly client: Client; state: GroupState }[] = []
  readonly theirs: TsMlsMember[] = []

  constructor(mls: MlsContext) {
    this.mls = mls
  }

  async commitByUs(by: number, proposals: readonly ProposalIntent[], options: Partial<NewCommit> = {}) {
    const committer = this.#ours(by)
    const made = createCommit(this.mls, committer.state, { proposals, now: PRESENT, ...options })
    if (made.kind !== "ok") throw new Error(made.reason)
    await this.#deliver(made.commit, (each) => each === committer)
    committer.state = made.next
    return made
  }

  async commitByThem(by: number, options: { add?: Uint8Array; remove?: number; isPublic: boolean }) {
    const committer = this.#theirs(by)
    const made = await committer.commit(options)
    await this.#deliver(made.commit, (each) => each === committer)
    return made
  }

  async talk(): Promise<void> {
    for (const sender of this.ours) {
      const sent = protect(this.mls, sender.state, utf8("from ours"))
      sender.state = sent.next
      for (const other of this.ours) {
        if (other !== sender) other.state = expectKind(receive(this.mls, other.state, sent.message), "application").next
      }
      for (const other of this.theirs) expect(await other.receive(sent.message)).toBe("from ours")
    }
    for (const sender of this.theirs) {
      const message = await sender.protect("from theirs")
      for (const other of this.ours) {
        const received = expectKind(receive(this.mls, other.state, message), "application")
        expect(received.data).toEqual(utf8("from theirs"))
        other.state = received.next
      }
      for (const other of this.theirs) if (other !== sender) expect(await other.receive(message)).toBe("from theirs")
    }
  }

  agree(): void {
    const [first] = this.ours
    for (const each of this.ours) expect(each.state.epochAuthenticator).toEqual(first?.state.epochAuthenticator)
    for (const each of this.theirs) expect(each.epochAuthenticator).toEqual(first?.state.epochAuthenticator)
  }

  joinUs(own: Client, welcome: Uint8Array | undefined): void {
    const { keyPackage, signatureKeys } = own
    const joined = join(this.mls, { welcome: welcome ?? new Uint8Array(0), keyPackage, signatureKeys })
    if (joined.kind !== "joined") throw new Error(`${joined.reason} (${joined.section})`)
    this.ours.push({ client: own, state: joined.state })
  }

  async joinThem(member: TsMlsMember, welcome: Uint8Array | undefined): Promise<void> {
    await member.join(welcome ?? new Uint8Array(0))
    this.theirs.push(member)
  }

  adding(member: TsMlsMember): ProposalIntent {
    const read = readKeyPackage(this.mls, member.keyPackage, PRESENT)
    if (read.kind !== "ok") throw new Error(`${read.reason} (${read.section})`)
    return { kind: "add", keyPackage: read.keyPackage }
  }

  async #deliver(commit: Uint8Array, isCommitter: (each: unknown) => boolean): Promise<void> {
    for (const each of this.ours) {
      if (!isCommitter(each)) each.state = expectKind(receive(this.mls, each.state, commit), "commit").next
    }
    for (const each of this.theirs) if (!isCommitter(each)) await each.receive(commit)
  }

  #ours(index: number) {
    const one = this.ours[index]
    if (one === undefined) throw new RangeError(`ours ${index}`)
    return one
  }

  #theirs(index: number): TsMlsMember {
    const one = this.theirs[index]
    if (one === undefined) throw new RangeError(`theirs ${index}`)
    return one
  }
}

test("a group of ours takes ts-mls members in, and all commit and talk", async () => {
  const group = new Mixed(world("ours and ts-mls"))
  const alice = present(group.mls, "alice")
  group.ours.push({ client: alice, state: createGroup(group.mls, { groupId: utf8("mixed"), ...alice }) })
  const bob = await TsMlsMember.of("bob")
  await group.joinThem(bob, (await group.commitByUs(0, [group.adding(bob)])).welcome)
  group.agree()
  await group.talk()

  const carol = present(group.mls, "carol")
  const byThem = await group.commitByThem(0, { add: carol.keyPackage.message, isPublic: true })
  group.joinUs(carol, byThem.welcome)
  group.agree()
  const dave = await TsMlsMember.of("dave")
  await group.joinThem(dave, (await group.commitByUs(1, [group.adding(dave)], { path: true })).welcome)
  group.agree()
  await group.talk()

  for (const wireFormat of ["public", "private"] as const) {
    await group.commitByUs(0, [], { wireFormat })
    await group.commitByThem(1, { isPublic: wireFormat === "public" })
    await group.commitByUs(1, [], { wireFormat })
    await group.commitByThem(0, { isPublic: wireFormat === "private" })
    group.agree()
    await group.talk()
  }
})

test("a group of ts-mls takes ours in, who remove one of theirs", async () => {
  const group = new Mixed(world("ts-mls and ours"))
  const founder = await TsMlsMember.of("founder")
  await founder.found(utf8("theirs"))
  group.theirs.push(founder)
  for (const name of ["alice", "bob", "carol"]) {
    const own = present(group.mls, name)
    group.joinUs(own, (await group.commitByThem(0, { add: own.keyPackage.message, isPublic: true })).welcome)
    group.agree()
  }
  const dave = await TsMlsMember.of("dave")
  await group.joinThem(dave, (await group.commitByThem(0, { add: dave.keyPackage, isPublic: false })).welcome)
  await group.talk()

  group.theirs.pop()
  await group.commitByUs(1, [{ kind: "remove", leafIndex: 4 }])
  group.agree()
  const leaver = group.ours.pop()
  await group.commitByThem(0, { remove: leaver?.state.ownLeafIndex ?? -1, isPublic: true })
  group.agree()
  await group.talk()
})

test("ts-mls 1.6.4 refuses a valid Welcome where a parent lists fewer unmerged leaves than one below it", async () => {
  const group = new Mixed(world("unmerged leaves"))
  const alice = present(group.mls, "0")
  group.ours.push({ client: alice, state: createGroup(group.mls, { groupId: utf8("unmerged"), ...alice }) })
  const addOurs = async (name: string): Promise<void> => {
    const own = present(group.mls, name)
    group.joinUs(own, (await group.commitByUs(0, [{ kind: "add", keyPackage: own.keyPackage.keyPackage }])).welcome)
  }
  for (const name of ["1", "2", "3", "4"]) await addOurs(name)
  for (const by of [0, 1, 2, 3, 4]) await group.commitByUs(by, [])
  group.ours.splice(3, 1)
  await group.commitByUs(0, [{ kind: "remove", leafIndex: 3 }])
  await addOurs("3 again")
  await group.commitByUs(3, [])
  const theirs = await TsMlsMember.of("theirs")
  const last = present(group.mls, "last")
  const adds = [{ kind: "add", keyPackage: last.keyPackage.keyPackage } as const, group.adding(theirs)]
  const { welcome } = await group.commitByUs(0, adds)
  group.joinUs(last, welcome)
  group.agree()
  await expect(theirs.join(welcome ?? new Uint8Array(0))).rejects.toThrow("unmerged")
})

function present(mls: MlsContext, name: string) {
  return client(mls, name, { lifetime: { notBefore: PRESENT - 3600n, notAfter: PRESENT + 3600n } })
}
