import type { GroupDetail, GroupPolicy, Member } from "@starling/peer/contract"
import { LogOut, UserPlus } from "lucide-react"
import { useState } from "react"

import { api } from "../api/client.ts"
import { refresh } from "../state/fetching.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import { safeName } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { Avatar } from "./avatar.tsx"
import { giveRole } from "./give-role.ts"
import { InviteDialog } from "./invite-dialog.tsx"
import { Mailboxes } from "./mailboxes.tsx"
import { MemberRow, type Asked } from "./member-row.tsx"
import { PersonName } from "./person-name.tsx"
import { PolicyChoice } from "./policy-choice.tsx"
import { SafetyNumberDialog } from "./safety-number-dialog.tsx"
import { Question } from "./sheet.tsx"

type Open = { readonly kind: "invite" } | { readonly kind: "leave" } | { readonly kind: Asked; readonly member: Member }

export function MembersPanel({ group }: { readonly group: string }) {
  const text = useText()
  const detail = useWorld((world) => world.details[group])
  const [open, setOpen] = useState<Open>()
  const close = () => setOpen(undefined)
  if (detail === undefined) return null
  const active = detail.state === "active"
  return (
    <>
      {active && !detail.may.invite && <p className="quiet-note">{text.roles.adminsInvite}</p>}
      {active && detail.may.invite && (
        <button className="button wide" type="button" onClick={() => setOpen({ kind: "invite" })}>
          <UserPlus size={16} aria-hidden="true" />
          {text.members.invite}
        </button>
      )}
      {active && detail.ownLog !== "roomy" && <p className="quiet-note">{text.roles.ownLog[detail.ownLog]}</p>}
      <ul className="rows" aria-label={text.members.title}>
        {detail.members.map((member) => (
          <MemberRow key={member.identity} detail={detail} member={member} ask={(kind) => setOpen({ kind, member })} />
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
      <PolicySection detail={detail} />
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
        body={isOnlyOwner(detail) ? `${text.members.leaveBody} ${text.roles.leaveAsOwner}` : text.members.leaveBody}
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
      {(open?.kind === "make owner" || open?.kind === "step down") && (
        <OwnerQuestion group={group} kind={open.kind} member={open.member} close={close} />
      )}
      {open?.kind === "compare" && (
        <SafetyNumberDialog identity={open.member.identity} name={open.member.name} close={close} />
      )}
    </>
  )
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

interface OwnerQuestionProps {
  readonly group: string
  readonly kind: "make owner" | "step down"
  readonly member: Member
  readonly close: () => void
}

/** Nobody can take an owner's role away, and so both directions are asked about. */
function OwnerQuestion({ group, kind, member, close }: OwnerQuestionProps) {
  const { roles: words, nameless } = useText()
  const name = safeName(member.name) || nameless
  const makes = kind === "make owner"
  return (
    <Question
      title={makes ? <bdi>{words.makeOwnerTitle(name)}</bdi> : words.stepDownTitle}
      body={makes ? words.makeOwnerBody(name) : words.stepDownBody}
      yes={makes ? words.make.owner : words.stepDownDo}
      open
      close={close}
      agreed={() => giveRole(group, member, makes ? "owner" : "admin")}
    />
  )
}

/** Owners change it here; for the others it is a sentence. */
function PolicySection({ detail }: { readonly detail: GroupDetail }) {
  const text = useText()
  const { group, policy, state, may } = detail
  const set = (changed: GroupPolicy) =>
    act(text.roles.policy.failed, async () => {
      await api.setPolicy(group, changed)
      refresh.group(group)
    })
  return (
    <details className="group-check">
      <summary>{text.roles.policy.title}</summary>
      {state === "active" && may.giveRoles ? (
        <PolicyChoice policy={policy} choose={set} />
      ) : (
        <p className="row-second">{text.roles.policy.sentence[policy.invite][policy.remove]}</p>
      )}
      <p className="row-second">{text.roles.policy.ownersCount}</p>
    </details>
  )
}

function isOnlyOwner({ members, may }: GroupDetail): boolean {
  return may.giveRoles && members.length > 1 && members.filter(({ role }) => role === "owner").length === 1
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
