import { assertNever } from "@starling/kernel"
import type { CiphersuiteId } from "@starling/mls"

import { Choices } from "./choices.ts"
import { memberName, type Change, type Engine, type Handshakes, type OracleMember } from "./member.ts"
import { describe, Disagreement, MixedGroup } from "./mixed-group.ts"
import { OurMember, OURS } from "./our-member.ts"
import { TsMlsMember } from "./ts-mls-member.ts"
import { tsMlsRefusesWelcome } from "./ts-mls-welcome.ts"

export interface RandomRun {
  readonly seed: string
  readonly suite: CiphersuiteId
  readonly engines: readonly Engine[]
  readonly operations: number
  /** The members that a group grows to. */
  readonly most: number
}

/** What happened in a run. */
export interface Tally {
  readonly operations: number
  /** By the engine of whoever made them. */
  readonly commits: ReadonlyMap<string, number>
  readonly joins: ReadonlyMap<string, number>
  readonly removals: ReadonlyMap<string, number>
  /** Commits of proposals that were sent before. */
  readonly byReference: number
  /** Messages that somebody decrypted to what was sent. */
  readonly read: number
  /** Messages that a removed member was given and could not decrypt. */
  readonly withheld: number
  readonly members: number
}

/**
 * One group of members of these engines under random operations: commits that add, remove or renew, spelt out or of
 * proposals that were sent before, by anybody who can make them; after each, members of every engine talk. The seed
 * decides on what happens. The bytes are drawn by the engines, and all but ours draw from the platform, so that a run
 * with the same seed does the same with other keys. Throws a `Disagreement`.
 */
export async function runRandomOperations(run: RandomRun): Promise<Tally> {
  const story = await RandomStory.begin(run)
  for (let operation = 1; operation <= run.operations; operation++) await story.step(operation)
  return story.tally(run.operations)
}

type Operation = "add" | "remove" | "renew" | "swap" | "propose"

class RandomStory {
  readonly #run: RandomRun
  readonly #choices: Choices
  readonly #group: MixedGroup
  readonly #commits = new Map<string, number>()
  readonly #joins = new Map<string, number>()
  readonly #removals = new Map<string, number>()
  #byReference = 0
  #largest = 1
  #made = 1

  private constructor(run: RandomRun, choices: Choices, group: MixedGroup) {
    this.#run = run
    this.#choices = choices
    this.#group = group
  }

  /** Founded by any engine that can take in one of ours, who joins first. */
  static async begin(run: RandomRun): Promise<RandomStory> {
    const choices = new Choices(run.seed)
    const founding = choices.of(run.engines.filter(({ commits }) => commits !== "adds-own"))
    const founder = await founding.make(memberName(0), run.suite)
    const story = new RandomStory(run, choices, await MixedGroup.foundedBy(founder, `oracle ${run.seed}`))
    if (!(founder instanceof OurMember)) await story.#commit(founder, [await story.#make(OURS)], [])
    return story
  }

  tally(operations: number): Tally {
    const { read, withheld } = this.#group
    return {
      operations,
      commits: this.#commits,
      joins: this.#joins,
      removals: this.#removals,
      byReference: this.#byReference,
      read,
      withheld,
      members: this.#largest,
    }
  }

  async step(number: number): Promise<void> {
    const operation = this.#operation()
    const by = this.#anyOf(this.#group.members.filter((member) => this.#isAble(member, operation)))
    try {
      await this.#perform(operation, by)
      await this.#talk(number % 10 === 0)
    } catch (error) {
      if (!(error instanceof Disagreement)) throw error
      const where = `seed ${this.#run.seed}, operation ${number} (${operation} by ${describe(by)})`
      throw new Disagreement(`${where}: ${error.message}`, { cause: error })
    }
    this.#largest = Math.max(this.#largest, this.#group.members.length)
  }

  #operation(): Operation {
    const { length } = this.#group.members
    const possible: Operation[] = ["renew", "renew"]
    if (this.#room > 0) possible.push("add", "add", "add")
    if (length > 3) possible.push("remove", "swap")
    if (length > 3 && this.#keepProposals()) possible.push("propose", "propose")
    return this.#choices.of(possible)
  }

  get #room(): number {
    return this.#run.most - this.#group.members.length
  }

  #isAble(member: OracleMember, operation: Operation): boolean {
    const { engine } = member
    if (this.#handshakes(engine).length === 0) return false
    switch (operation) {
      case "add":
        return engine.commits !== "adds-own" || this.#keepProposals(member)
      case "remove":
      case "renew":
        return engine.commits !== "adds-own"
      case "swap":
        return engine.commits === "anything"
      case "propose":
        return engine.proposes
      default:
        return assertNever(operation)
    }
  }

  /** Whether everybody but this member can follow a commit by reference. */
  #keepProposals(except?: OracleMember): boolean {
    return this.#group.members.every((member) => member === except || member.engine.keepsProposals)
  }

  /** The forms in which this engine can send a handshake that everybody here reads. */
  #handshakes(engine: Engine): readonly Handshakes[] {
    return engine.sends.filter((form) => this.#group.members.every((member) => member.engine.receives.includes(form)))
  }

  async #perform(operation: Operation, by: OracleMember): Promise<void> {
    switch (operation) {
      case "renew":
        return this.#commit(by, [], [])
      case "add":
        return this.#commit(by, await this.#newcomers(by, Math.min(2, this.#room)), [])
      case "remove":
        return this.#commit(by, [], this.#leaving([by]))
      case "swap":
        return this.#commit(by, await this.#newcomers(by, 1), this.#leaving([by]))
      case "propose":
        return this.#proposeAndCommit(by)
      default:
        return assertNever(operation)
    }
  }

  async #commit(by: OracleMember, newcomers: readonly OracleMember[], leaving: readonly OracleMember[]): Promise<void> {
    const path = by instanceof OurMember && this.#choices.once(2)
    const change: Change = {
      add: [],
      remove: names(leaving),
      path,
      handshakes: this.#choices.of(this.#handshakes(by.engine)),
    }
    const joining = await this.#admissible(newcomers, (add) => {
      if (by instanceof OurMember) return by.treeAfter({ ...change, add })
      return leaving.length === 0 ? this.#witness().treeAfter({ ...change, add }) : undefined
    })
    const late = this.#choices.once(2)
    await this.#group.commit(by, { ...change, add: keyPackages(joining) }, { joining, leaving, late })
    this.#count(by, joining, leaving)
  }

  async #proposeAndCommit(by: OracleMember): Promise<void> {
    const able = this.#group.members.filter(
      ({ engine }) => engine.keepsProposals && this.#handshakes(engine).length > 0,
    )
    const committer = this.#anyOf(able)
    const leaving = this.#room <= 0 || this.#choices.once(2) ? this.#leaving([by, committer]) : []
    const invited = leaving.length === 0 || this.#choices.once(2) ? await this.#newcomers(by, 1) : []
    const change: Change = {
      add: [],
      remove: names(leaving),
      handshakes: this.#choices.of(this.#handshakes(by.engine)),
    }
    const joining = await this.#admissible(invited, (add) =>
      leaving.length === 0 ? this.#witness().treeAfter({ ...change, add }) : undefined,
    )
    await this.#group.propose(by, { ...change, add: keyPackages(joining) })
    const handshakes = this.#choices.of(this.#handshakes(committer.engine))
    const late = this.#choices.once(2)
    await this.#group.commit(
      committer,
      { add: [], remove: [], includePending: true, handshakes },
      { joining, leaving, late },
    )
    this.#byReference++
    this.#count(committer, joining, leaving)
  }

  async #talk(everybody: boolean): Promise<void> {
    const { members } = this.#group
    const some = enginesOf(members).map((engine) => this.#choices.of(members.filter((each) => each.engine === engine)))
    await this.#group.talk(everybody ? members : some, this.#choices.once(2))
  }

  async #newcomers(by: OracleMember, most: number): Promise<readonly OracleMember[]> {
    const engines = by.engine.commits === "adds-own" ? [by.engine] : this.#run.engines
    const count = by.engine.commits === "adds-own" ? 1 : 1 + this.#choices.below(most)
    const newcomers: OracleMember[] = []
    while (newcomers.length < count) newcomers.push(await this.#make(this.#choices.of(engines)))
    return newcomers
  }

  /** Never the last of ours, who is to see what the others do. */
  #leaving(staying: readonly OracleMember[]): readonly OracleMember[] {
    const witness = this.#choices.of(this.#group.members.filter((member) => member instanceof OurMember))
    const free = this.#group.members.filter((member) => member !== witness && !staying.includes(member))
    return this.#choices.some(free, 1 + this.#choices.below(2))
  }

  #witness(): OurMember {
    for (const member of this.#group.members) if (member instanceof OurMember) return member
    throw new RangeError("none of ours is in the group")
  }

  /** With one of ours in the place of each ts-mls member that would refuse the Welcome, or of which that is unknown. */
  async #admissible(
    newcomers: readonly OracleMember[],
    treeAfter: (add: Change["add"]) => ReturnType<OurMember["treeAfter"]> | undefined,
  ): Promise<readonly OracleMember[]> {
    if (!newcomers.some((member) => member instanceof TsMlsMember)) return newcomers
    const tree = treeAfter(keyPackages(newcomers))
    if (tree !== undefined && !tsMlsRefusesWelcome(tree)) return newcomers
    const admissible: OracleMember[] = []
    for (const member of newcomers) {
      admissible.push(member instanceof TsMlsMember ? await this.#make(OURS) : member)
    }
    return admissible
  }

  #make(engine: Engine): Promise<OracleMember> {
    return engine.make(memberName(this.#made++), this.#run.suite)
  }

  /** Each engine has the same chance, whatever the number of its members. */
  #anyOf(members: readonly OracleMember[]): OracleMember {
    const engine = this.#choices.of(enginesOf(members))
    return this.#choices.of(members.filter((member) => member.engine === engine))
  }

  #count(by: OracleMember, joining: readonly OracleMember[], leaving: readonly OracleMember[]): void {
    increase(this.#commits, by)
    for (const member of joining) increase(this.#joins, member)
    for (const member of leaving) increase(this.#removals, member)
  }
}

function increase(counts: Map<string, number>, { engine }: OracleMember): void {
  counts.set(engine.name, (counts.get(engine.name) ?? 0) + 1)
}

function keyPackages(members: readonly OracleMember[]): Change["add"] {
  return members.map(({ keyPackage }) => keyPackage)
}

function names(members: readonly OracleMember[]): readonly string[] {
  return members.map(({ name }) => name)
}

function enginesOf(members: readonly OracleMember[]): readonly Engine[] {
  return [...new Set(members.map(({ engine }) => engine))]
}
