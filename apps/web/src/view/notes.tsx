import type { Gap, TimelineEntry } from "@starling/peer/contract"

import { useDirectory } from "../state/directory.ts"
import { useWorld } from "../state/store.ts"
import { safeName, shortFingerprint } from "../text/safe-name.ts"
import { useText } from "../text/use-text.ts"

/** What stands above the first message. */
export function BeginNote({ group }: { readonly group: string }) {
  const text = useText()
  const own = useWorld((world) => world.status?.identity)
  const first = useWorld((world) => world.timelines[group]?.[0])
  if (first === undefined) return null
  return (
    <p className="note">{first.reason === "created" && first.by === own ? text.chat.began : text.chat.beforeYou}</p>
  )
}

/** Who came and who went. */
export function MembershipNote({ entry }: { readonly entry: TimelineEntry }) {
  const text = useText()
  const who = useWho()
  if (entry.reason === "left") return <p className="note">{text.chat.left(who(entry.by, entry.name))}</p>
  return (
    <p className="note">
      {entry.added.length > 0 && text.chat.added(entry.added.map((one) => who(one)).join(text.chat.and))}
      {entry.added.length > 0 && entry.removed.length > 0 && " · "}
      {entry.removed.length > 0 &&
        text.chat.removed(who(entry.by, entry.name), entry.removed.map((one) => who(one)).join(text.chat.and))}
    </p>
  )
}

/** Where somebody wrote what is not shown. */
export function GapNote({ gap }: { readonly gap: Gap }) {
  const text = useText()
  const who = useWho()
  return (
    <p className="note gap" role="note">
      {(gap.why === "missing" ? text.chat.gap : text.chat.tooMany)(gap.count, who(gap.from, gap.name))}
    </p>
  )
}

/** A name for a sentence: wrapped in isolates, so that its direction stays its own. */
export function useWho(): (identity: string, told?: string) => string {
  const text = useText()
  const directory = useDirectory()
  return (identity, told) => {
    if (directory.isSelf(identity)) return text.timeline.you
    const name = safeName(told ?? directory.nameOf(identity) ?? "")
    return `\u2068${name || shortFingerprint(identity)}\u2069`
  }
}
