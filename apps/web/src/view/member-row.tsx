import type { GroupDetail, Member, Role } from "@starling/peer/contract"
import { Crown, EllipsisVertical, ShieldCheck, User, UserMinus, UserStar } from "lucide-react"
import { DropdownMenu } from "radix-ui"

import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { Avatar } from "./avatar.tsx"
import { giveRole } from "./give-role.ts"
import { PersonName } from "./person-name.tsx"

/** What the menu of a member asks about before it is done, or shows. */
export type Asked = "remove" | "compare" | "make owner" | "step down"

interface Props {
  readonly detail: GroupDetail
  readonly member: Member
  readonly ask: (asked: Asked) => void
}

export function MemberRow({ detail, member, ask }: Props) {
  const text = useText()
  return (
    <li className="row">
      <Avatar of={member.identity} name={member.name} />
      <span className="row-text">
        <span className="member-name">
          <PersonName identity={member.identity} name={member.name} verified={member.verified && !member.self} />
          {member.self && <span className="tag">{text.you}</span>}
        </span>
        <span className="row-second">
          {member.role !== "member" && <span className="tag role">{text.roles.name[member.role]}</span>}
          {second(member, text.members)}
        </span>
      </span>
      <MemberMenu detail={detail} member={member} ask={ask} />
    </li>
  )
}

const MARKS = { member: User, admin: UserStar, owner: Crown } as const

/** Only what is allowed; nothing where that is nothing. */
function MemberMenu({ detail, member, ask }: Props) {
  const text = useText()
  const name = safeName(member.name) || text.nameless
  const active = detail.state === "active"
  const roles = active && detail.may.giveRoles ? rolesFor(detail, member) : []
  const removable = active && detail.may.remove.includes(member.identity)
  if (member.self && roles.length === 0) return null
  const choose = (role: Role) => {
    if (member.self) ask("step down")
    else if (role === "owner") ask("make owner")
    else giveRole(detail.group, member, role)
  }
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="icon-button" aria-label={text.members.actions(name)}>
        <EllipsisVertical size={18} aria-hidden="true" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {!member.self && (
            <DropdownMenu.Item className="menu-item" onSelect={() => ask("compare")}>
              <ShieldCheck size={16} aria-hidden="true" />
              {text.members.compare}
            </DropdownMenu.Item>
          )}
          {roles.map((role) => {
            const Mark = MARKS[role]
            return (
              <DropdownMenu.Item className="menu-item" key={role} onSelect={() => choose(role)}>
                <Mark size={16} aria-hidden="true" />
                {member.self ? text.roles.stepDown : text.roles.make[role]}
              </DropdownMenu.Item>
            )
          })}
          {removable && (
            <DropdownMenu.Item className="menu-item danger" onSelect={() => ask("remove")}>
              <UserMinus size={16} aria-hidden="true" />
              {text.members.remove}
            </DropdownMenu.Item>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

/** What an owner can make of a member: of an owner nothing, but of themselves an admin while another owner is there. */
function rolesFor({ members }: GroupDetail, { role, self }: Member): readonly Role[] {
  if (role !== "owner") return (["admin", "member", "owner"] as const).filter((other) => other !== role)
  return self && members.some((other) => other.role === "owner" && !other.self) ? ["admin"] : []
}

function second(
  { pending, self, verified, devices }: Member,
  words: { pending: string; verified: string; notVerified: string; devices: (n: number) => string },
): string {
  if (pending) return words.pending
  if (self) return words.devices(devices.length)
  return verified ? words.verified : words.notVerified
}
