import { assertNever } from "@starling/kernel"
import { NewRole, type GroupDetail, type GroupPolicy, type GroupSummary, type Invitation } from "../api/contract.ts"
import { usageError } from "./cli-error.ts"
import type { Command } from "./command.ts"
import { circleOption, type Options } from "./options.ts"
import { personName } from "./person-name.ts"
import { oneLine } from "./terminal-text.ts"

export const groupCommands: readonly Command[] = [
  {
    words: ["group", "create"],
    parameters: ["NAME"],
    options: ["invite", "remove"],
    summary: "a new group with you in it",
    async run({ connect, output, options, arguments: [name = ""] }) {
      const policy = policyOptions(options)
      output.item(await connect().post<{ group: string }>("/api/groups", { name, policy }), ({ group }) => group)
    },
  },
  {
    words: ["group", "list"],
    parameters: [],
    options: [],
    summary: "your groups",
    async run({ connect, output }) {
      const groups = await connect().get<readonly GroupSummary[]>("/api/groups")
      if (groups.length === 0) output.note("no groups yet: `starling group create NAME`")
      for (const group of groups) {
        output.item(group, (it) => {
          const state = it.state === "active" ? "" : `  (${it.state})`
          return `${it.group}  epoch ${it.epoch}  ${it.members} members  ${it.unread} unread  ${oneLine(it.name)}${state}`
        })
      }
    },
  },
  {
    words: ["group", "show"],
    parameters: ["G"],
    options: [],
    summary: "a group's epoch, members and policy",
    async run({ connect, output, arguments: [group = ""] }) {
      const detail = await connect().get<GroupDetail>(groupPath(group))
      const members = detail.members.map(({ identity, name, devices, role }) => ({ identity, name, devices, role }))
      const { name, epoch, epochAuthenticator, state, policy, gaps, mailboxes } = detail
      const shown = { group: detail.group, name, epoch, epochAuthenticator, members, policy, state, gaps, mailboxes }
      output.item(shown, (it) =>
        [
          `${oneLine(it.name)}  ${it.group}${it.state === "active" ? "" : `  (${it.state})`}`,
          it.epochAuthenticator === ""
            ? `epoch ${it.epoch} was the last one here: its keys are deleted`
            : `epoch ${it.epoch}, authenticator ${it.epochAuthenticator}`,
          policySentence(it.policy),
          ...it.members.map((member) => `  ${personName(member)}${member.role === "member" ? "" : `, ${member.role}`}`),
          ...(it.state === "active" ? [keysLine(detail.ownKeys), ...logLines(detail.ownLog)] : []),
          ...detail.waiting.map((member) => `  ${personName(member)}: invited, waiting until they are online`),
          ...detail.mailboxes.map(
            ({ peerId, connected }) => `  mailbox ${peerId}${connected ? "" : " (not connected)"}`,
          ),
        ].join("\n"),
      )
    },
  },
  {
    words: ["group", "invite"],
    parameters: ["G", "PEER"],
    options: [],
    summary: "invite a contact",
    async run({ connect, output, arguments: [group = "", peer = ""] }) {
      const path = `${groupPath(group)}/invitations`
      output.item(
        await connect().post<{ group: string; peer: string; state: "invited" | "waiting" }>(path, { peer }),
        (it) => (it.state === "invited" ? "invited" : "waiting: the invitation goes out as soon as they are online"),
      )
    },
  },
  {
    words: ["group", "invitations"],
    parameters: [],
    options: [],
    summary: "invitations that wait for your answer",
    async run({ connect, output }) {
      const invitations = await connect().get<readonly Invitation[]>("/api/invitations")
      if (invitations.length === 0) output.note("no invitations")
      for (const invitation of invitations) {
        const { group, name, from } = invitation
        output.item({ group, name, from }, (it) => {
          const inviter = personName({ identity: it.from, name: invitation.fromName })
          return `${it.group}  ${oneLine(it.name)}  from ${inviter}${invitation.known ? "" : ", who is no contact of yours"}`
        })
      }
    },
  },
  answer("accept", "join a group that you were invited to", "joined"),
  answer("decline", "refuse an invitation", "declined"),
  {
    words: ["group", "heal"],
    parameters: ["G"],
    options: [],
    summary: "renew your keys: a copy of the old ones reads nothing that follows",
    async run({ connect, output, arguments: [group = ""] }) {
      output.item(
        await connect().post<EpochReached>(`${groupPath(group)}/heal`),
        ({ epoch }) => `healed: epoch ${epoch}`,
      )
    },
  },
  {
    words: ["group", "remove"],
    parameters: ["G", "PEER"],
    options: [],
    summary: "remove a member",
    async run({ connect, output, arguments: [group = "", peer = ""] }) {
      const path = `${groupPath(group)}/members/${encodeURIComponent(peer)}`
      output.item(await connect().delete<EpochReached>(path), ({ epoch }) => `removed: epoch ${epoch}`)
    },
  },
  {
    words: ["group", "add-mailbox"],
    parameters: ["G", "LINK"],
    options: [],
    summary: "let a mailbox keep the group's ciphertext (`starling mailbox` prints its link)",
    async run({ connect, output, arguments: [group = "", link = ""] }) {
      const added = await connect().post<{ group: string; peerId: string }>(`${groupPath(group)}/mailboxes`, { link })
      output.item(added, ({ peerId }) => `mailbox ${peerId} keeps what is sent in this group`)
    },
  },
  {
    words: ["group", "remove-mailbox"],
    parameters: ["G", "PEER"],
    options: [],
    summary: "use a mailbox no more",
    async run({ connect, output, arguments: [group = "", peer = ""] }) {
      const path = `${groupPath(group)}/mailboxes/${encodeURIComponent(peer)}`
      output.item(await connect().delete<{ group: string; peerId: string }>(path), () => "no longer used")
    },
  },
  {
    words: ["group", "role"],
    parameters: ["G", "PEER", "ROLE"],
    options: [],
    summary: "make somebody member, admin or owner",
    async run({ connect, output, arguments: [group = "", peer = "", given = ""] }) {
      const { data } = NewRole.safeParse({ role: given })
      if (data === undefined) throw usageError(`ROLE is member, admin or owner, not "${given}"`)
      const path = `${groupPath(group)}/members/${encodeURIComponent(peer)}/role`
      await connect().put(path, data)
      output.item({ group, peer, ...data }, ({ role }) => `made ${role}`)
    },
  },
  {
    words: ["group", "policy"],
    parameters: ["G"],
    options: ["invite", "remove"],
    summary: "who may invite and remove; with an option, change it",
    async run({ connect, output, options, arguments: [group = ""] }) {
      const changes = policyOptions(options)
      const api = connect()
      const before = await api.get<GroupDetail>(groupPath(group))
      const policy = { ...before.policy, ...changes }
      if (Object.keys(changes).length > 0) await api.put(`${groupPath(group)}/policy`, policy)
      output.item({ group: before.group, policy }, (it) => policySentence(it.policy))
    },
  },
  {
    words: ["group", "leave"],
    parameters: ["G"],
    options: [],
    summary: "leave a group",
    async run({ connect, output, arguments: [group = ""] }) {
      output.item(await connect().post<{ group: string }>(`${groupPath(group)}/leave`), () => "left")
    },
  },
]

function logLines(ownLog: GroupDetail["ownLog"]): readonly string[] {
  switch (ownLog) {
    case "roomy":
      return []
    case "scarce":
      return ["this device has used up most of what members keep of its changes to the group: leave some to others"]
    case "full":
      return [
        "this device's changes to the group are used up: it reads, writes and can leave; others invite, remove and renew keys",
        "  where no admin invited you, ask one to invite you once more: that makes room",
      ]
    default:
      return assertNever(ownLog)
  }
}

function keysLine({ renewedAt, plan }: GroupDetail["ownKeys"]): string {
  const time = (at: number): string => new Date(at).toLocaleString()
  const last = renewedAt === undefined ? "your keys: not renewed yet" : `your keys: renewed ${time(renewedAt)}`
  switch (plan.kind) {
    case "off":
      return `${last}; by themselves never (\`starling settings heal-every DAYS\`)`
    case "alone":
      return `${last}; nobody else is in the group`
    case "overdue":
      return `${last}; due as soon as other members are connected`
    case "planned":
      return `${last}; next ${time(plan.at)}`
    default:
      return assertNever(plan)
  }
}

interface EpochReached {
  readonly group: string
  readonly epoch: number
}

function answer(verb: "accept" | "decline", summary: string, done: string): Command {
  return {
    words: ["group", verb],
    parameters: ["G"],
    options: [],
    summary,
    async run({ connect, output, arguments: [group = ""] }) {
      const path = `/api/invitations/${encodeURIComponent(group)}/${verb}`
      output.item(await connect().post<{ group: string }>(path), () => done)
    },
  }
}

function policyOptions(options: Options): Partial<GroupPolicy> {
  const [invite, remove] = [circleOption(options, "invite"), circleOption(options, "remove")]
  return { ...(invite && { invite }), ...(remove && { remove }) }
}

function policySentence({ invite, remove }: GroupPolicy): string {
  return `invite: ${invite}, remove: ${remove}`
}

function groupPath(group: string): string {
  return `/api/groups/${encodeURIComponent(group)}`
}
