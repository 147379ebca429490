import { equalBytes, toHex, utf8, type Bytes } from "@starling/kernel"

import type { Change, Committed, OracleMember, Outcome, Removal } from "./member.ts"

/** Somebody who was removed, with what they have not seen. */
interface ShutOut {
  readonly member: OracleMember
  /** The commit that removes them, with what it refers to, until they have got it. */
  unseen: readonly Bytes[]
  readonly seesIt: boolean
}

/** Engines that do not understand each other, or a removed member that reads on. */
export class Disagreement extends Error {}

/**
 * Members of several engines in one group. Everybody gets everything at once; after each commit all must agree on a
 * secret that the epoch exports, and on the epoch authenticator where an engine shows it.
 */
export class MixedGroup {
  readonly members: OracleMember[]
  /** Messages that somebody decrypted to what was sent. */
  read = 0
  /** Messages that a removed member could not decrypt. */
  withheld = 0
  #shutOut: ShutOut[] = []
  #sent = 0

  private constructor(founder: OracleMember) {
    this.members = [founder]
  }

  static async foundedBy(founder: OracleMember, groupId: string): Promise<MixedGroup> {
    await founder.found(utf8(groupId))
    return new MixedGroup(founder)
  }

  /** Those whom the change removes get its commit at once, or, `late`, only after messages of the next epoch. */
  async commit(
    by: OracleMember,
    change: Change,
    effect: {
      readonly joining: readonly OracleMember[]
      readonly leaving: readonly OracleMember[]
      readonly late?: boolean
    },
  ): Promise<Committed> {
    const committed = await told(by, "commits", () => by.commit(change))
    const { leaving } = effect
    for (const member of this.members) {
      if (member !== by && !leaving.includes(member)) await this.#follow(member, committed.messages)
    }
    const removal: Removal[] = ["plain"]
    if (effect.joining.length > 0) removal.push("refilled")
    if (effect.late === true) removal.push("late")
    const shutOut = leaving.map((member) => {
      const seesIt = !member.engine.overlooks.some((kind) => removal.includes(kind))
      return { member, unseen: committed.messages, seesIt }
    })
    this.#shutOut = [...shutOut, ...this.#shutOut].slice(0, 3)
    if (effect.late !== true) await this.#tellThoseShutOut()
    for (const member of leaving) this.members.splice(this.members.indexOf(member), 1)
    const { welcome } = committed
    for (const member of effect.joining) {
      if (welcome === undefined) throw new Disagreement(`${describe(by)} adds without a Welcome`)
      await told(member, `joins by the Welcome of ${describe(by)}`, () => member.join(welcome))
      this.members.push(member)
    }
    await this.agree()
    return committed
  }

  async propose(by: OracleMember, change: Change): Promise<void> {
    const messages = await told(by, "proposes", () => by.propose(change))
    for (const member of this.members) if (member !== by) await this.#follow(member, messages)
  }

  async agree(): Promise<void> {
    const secrets = new Map<string, string[]>()
    const authenticators = new Set<string>()
    for (const member of this.members) {
      const secret = toHex(await told(member, "exports", () => member.exportedSecret()))
      secrets.set(secret, [...(secrets.get(secret) ?? []), describe(member)])
      const authenticator = member.epochAuthenticator()
      if (authenticator !== undefined) authenticators.add(toHex(authenticator))
    }
    if (secrets.size > 1) throw new Disagreement(`different secrets: ${JSON.stringify([...secrets.values()])}`)
    if (authenticators.size > 1) throw new Disagreement("different epoch authenticators")
  }

  /** Each of `senders` sends two messages, which everybody else reads in the order they get them: turned round or not. */
  async talk(senders: readonly OracleMember[], turned: boolean): Promise<void> {
    for (const sender of senders) {
      const texts = [utf8(`message ${this.#sent++}`), utf8(`message ${this.#sent++}`)]
      const sealed: { text: Bytes; message: Bytes }[] = []
      for (const text of texts) {
        sealed.push({ text, message: await told(sender, "sends", () => sender.protect(text)) })
      }
      for (const { text, message } of turned ? sealed.toReversed() : sealed) {
        for (const member of this.members) if (member !== sender) await this.#reads(member, sender, message, text)
        for (const { member } of this.#shutOut) await this.#mustNotRead(member, message)
      }
    }
    await this.#tellThoseShutOut()
  }

  async #follow(member: OracleMember, messages: readonly Bytes[]): Promise<void> {
    for (const message of messages) {
      const { kind } = await told(member, "follows", () => member.receive(message))
      if (kind !== "handshake") throw new Disagreement(`${describe(member)} takes a handshake for ${kind}`)
    }
  }

  async #reads(member: OracleMember, sender: OracleMember, message: Bytes, text: Bytes): Promise<void> {
    const outcome = await told(member, `reads ${describe(sender)}`, () => member.receive(message))
    if (outcome.kind !== "application" || !equalBytes(outcome.data, text)) {
      throw new Disagreement(`${describe(member)} read something else than ${describe(sender)} sent`)
    }
    this.read++
  }

  async #mustNotRead(member: OracleMember, message: Bytes): Promise<void> {
    const outcome = await attempted(member, message)
    if (outcome?.kind === "application") throw new Disagreement(`${describe(member)} was removed and reads on`)
    this.withheld++
  }

  /** What an engine makes of its own removal is its own affair, as long as it takes no message out of it. */
  async #tellThoseShutOut(): Promise<void> {
    for (const each of this.#shutOut) {
      for (const message of each.unseen) {
        const outcome = await attempted(each.member, message)
        if (outcome?.kind === "application") throw new Disagreement(`${describe(each.member)} reads a commit as text`)
        if (each.seesIt && message === each.unseen.at(-1) && outcome?.kind !== "removed") {
          throw new Disagreement(`${describe(each.member)} does not see that it was removed`)
        }
      }
      each.unseen = []
    }
  }
}

export function describe(member: OracleMember): string {
  return `${member.engine.name} ${member.name.slice(-20, -17)}`
}

async function attempted(member: OracleMember, message: Bytes): Promise<Outcome | undefined> {
  try {
    return await member.receive(message)
  } catch {
    return undefined
  }
}

async function told<R>(member: OracleMember, what: string, act: () => Promise<R>): Promise<R> {
  try {
    return await act()
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Disagreement(`${describe(member)} ${what}: ${why}`, { cause: error })
  }
}
