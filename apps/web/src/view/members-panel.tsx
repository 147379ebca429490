import type { GroupDetail, Member } from "@starling/peer/contract"
import { EllipsisVertical, LogOut, ShieldCheck, UserMinus, UserPlus } from "lucide-react"
import { DropdownMenu } from "radix-ui"
import { useState } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Avatar } from "./avatar.tsx"
import { InviteDialog } from "./invite-dialog.tsx"
import { Mailboxes } from "./mailboxes.tsx"
import { PersonName } from "./person-name.tsx"
import { SafetyNumberDialog } from "./safety-number-dialog.tsx"
import { Question } from "./sheet.tsx"

type Open =
  | { readonly kind: "invite" }
  | { readonly kind: "leave" }
  | { readonly kind: "remove"; readonly member: Member }
  | { readonly kind: "compare"; readonly member: Member }

export function MembersPanel({ group }: { readonly group: string }) {
  const text = useText()
  const detail = useWorld((world) => world.details[group])
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  if (detail === undefined) return null
  const active = detail.state === "active"
  return (
    <>
      {active && (
        <button className="button wide" type="button" onClick={() => setOpen({ kind: "invite" })}>
          <UserPlus size={16} aria-hidden="true" />
          {text.members.invite}
        </button>
      )}
      <ul className="rows" aria-label={text.members.title}>
        {detail.members.map((member) => (
          <MemberRow key={member.identity} member={member} active={active} choose={setOpen} />
        ))}
        {detail.waiting.map((person) => (
          <li className="row" key={person.identity} data-faint>
            <Avatar of={person.identity} name={person.name} />
            <span className="row-text">
              <PersonName identity={person.identity} name={person.name} />
              <span className="row-second">{text.members.waiting}</span>
            </span>
          </li>
        ))}
      </ul>
      <Mailboxes detail={detail} />
      <GroupCheck detail={detail} />
      {active && (
        <button className="button danger-quiet wide" type="button" onClick={() => setOpen({ kind: "leave" })}>
          <LogOut className="flip" size={16} aria-hidden="true" />
          {text.members.leave}
        </button>
      )}

      <InviteDialog group={group} name={detail.name} open={open?.kind === "invite"} close={close} />
      <Question
        title={text.members.leaveTitle}
        body={text.members.leaveBody}
        yes={text.members.leaveDo}
        open={open?.kind === "leave"}
        close={close}
        agreed={() =>
          act(text.members.leaveFailed, async () => {
            await api.leave(group)
            refresh.groups()
            refresh.group(group)
          })
        }
      />
      {open?.kind === "remove" && <RemoveQuestion group={group} member={open.member} close={close} />}
      {open?.kind === "compare" && (
        <SafetyNumberDialog identity={open.member.identity} name={open.member.name} close={close} />
      )}
    </>
  )
}

interface RowProps {
  readonly member: Member
  readonly active: boolean
  readonly choose: (open: Open) => void
}

function MemberRow({ member, active, choose }: RowProps) {
  const text = useText()
  const name = safeName(member.name) || text.nameless
  return (
    <li className="row">
      <Avatar of={member.identity} name={member.name} />
      <span className="row-text">
        <span className="member-name">
          <PersonName identity={member.identity} name={member.name} verified={member.verified && !member.self} />
          {member.self && <span className="tag">{text.you}</span>}
        </span>
        <span className="row-second">{second(member, text.members)}</span>
      </span>
      {!member.self && (
        <DropdownMenu.Root modal={false}>
          <DropdownMenu.Trigger className="icon-button" aria-label={text.members.actions(name)}>
            <EllipsisVertical size={18} aria-hidden="true" />
          </DropdownMenu.Trigger>
          <DropdownMenu.Portal>
            <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
              <DropdownMenu.Item className="menu-item" onSelect={() => choose({ kind: "compare", member })}>
                <ShieldCheck size={16} aria-hidden="true" />
                {text.members.compare}
              </DropdownMenu.Item>
              {active && (
                <DropdownMenu.Item className="menu-item danger" onSelect={() => choose({ kind: "remove", member })}>
                  <UserMinus size={16} aria-hidden="true" />
                  {text.members.remove}
                </DropdownMenu.Item>
              )}
            </DropdownMenu.Content>
          </DropdownMenu.Portal>
        </DropdownMenu.Root>
      )}
    </li>
  )
}

function second(
  { pending, self, verified, devices }: Member,
  words: { pending: string; verified: string; notVerified: string; devices: (n: number) => string },
): string {
  if (pending) return words.pending
  if (self) return words.devices(devices.length)
  return verified ? words.verified : words.notVerified
}

function RemoveQuestion({ group, member, close }: { group: string; member: Member; close: () => void }) {
  const text = useText()
  const name = safeName(member.name) || text.nameless
  return (
    <Question
      title={<bdi>{text.members.removeTitle(name)}</bdi>}
      body={text.members.removeBody(name)}
      yes={text.members.removeDo}
      open
      close={close}
      agreed={() =>
        act(text.members.removeFailed, async () => {
          await api.remove(group, member.identity)
          refresh.group(group)
          refresh.groups()
          say(text.members.removed(name))
        })
      }
    />
  )
}

/** What members compare to know that they are in the same state of the same group. */
function GroupCheck({ detail }: { readonly detail: GroupDetail }) {
  const text = useText()
  return (
    <details className="group-check">
      <summary>{text.members.fingerprintTitle}</summary>
      <p className="row-second">{text.members.fingerprintHint}</p>
      <p className="mono-block" dir="ltr">
        {inFives(detail.epochAuthenticator)}
      </p>
      <p className="row-second">
        {text.members.suite}: <span dir="ltr">{detail.suite}</span>
      </p>
    </details>
  )
}

function inFives(hex: string): string {
  return hex.replaceAll(/.{5}/g, "$& ").trim()
}
