import type { GroupDetail, TimelineEntry } from "@starling/peer/contract"
import { HeartPulse } from "lucide-react"
import { useState } from "react"

import { api } from "../api/client.ts"
import { useNow } from "../state/clock.ts"
import { refresh } from "../state/fetching.ts"
import { useLocale } from "../state/preferences.ts"
import { useWorld } from "../state/store.ts"
import { say } from "../state/toasts.ts"
import type { Catalogue } from "../text/en.ts"
import { ago, dayAndClock, fullTime } from "../text/times.ts"
import { useText } from "../text/use-text.ts"
import { act } from "./act.ts"
import { useWho } from "./notes.tsx"

const NO_ENTRIES: readonly TimelineEntry[] = []

/** One node for each epoch, newest on top; what was not chosen stands on a side branch. */
export function TimelinePanel({ group }: { readonly group: string }) {
  const text = useText()
  const now = useNow()
  const language = useLocale()
  const timeline = useWorld((world) => world.timelines[group] ?? NO_ENTRIES)
  const active = useWorld((world) => world.details[group]?.state === "active")
  const own = useWorld((world) => world.status?.identity)
  const [busy, setBusy] = useState(false)
  const plan = useWorld((world) => world.details[group]?.ownKeys.plan)
  const renewed = timeline.findLast((entry) => entry.chosen && entry.by === own && renewsKeys(entry))

  const heal = () => {
    setBusy(true)
    act(text.timeline.healFailed, async () => {
      try {
        const { epoch } = await api.heal(group)
        refresh.group(group)
        refresh.groups()
        say(text.timeline.healed(epoch))
      } finally {
        setBusy(false)
      }
    })
  }
  return (
    <>
      <p className="timeline-lead">
        {renewed ? text.timeline.since(ago(renewed.at, now, language), renewed.epoch) : text.timeline.sinceNever}
        {active && plan !== undefined && ` ${planText(plan, text, now, language)}`}
      </p>
      {active && (
        <button
          className="button primary wide"
          type="button"
          disabled={busy}
          onClick={heal}
          title={text.timeline.healHint}
        >
          <HeartPulse size={16} aria-hidden="true" />
          {text.timeline.heal}
        </button>
      )}
      {timeline.length === 0 ? (
        <p className="quiet-note">{text.timeline.empty}</p>
      ) : (
        <ol className="timeline" aria-label={text.timeline.list}>
          {timeline.toReversed().map((entry) => (
            <Entry
              key={`${entry.epoch} ${entry.by} ${entry.at} ${entry.chosen}`}
              entry={entry}
              now={now}
              language={language}
            />
          ))}
        </ol>
      )}
      <section className="timeline-legend" aria-label={text.timeline.legend}>
        <h2 className="field-label">{text.timeline.legend}</h2>
        <ul>
          {(["mixed", "local only", "pure", "elsewhere"] as const).map((kind) => (
            <li key={kind}>
              <EntropyMark kind={kind} />
              {text.timeline.entropy[kind]}
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

interface EntryProps {
  readonly entry: TimelineEntry
  readonly now: number
  readonly language: string
}

function Entry({ entry, now, language }: EntryProps) {
  const text = useText()
  const who = useWho()
  const kind = entry.entropy ?? "elsewhere"
  return (
    <li className="epoch" data-chosen={entry.chosen}>
      <EntropyMark kind={kind} />
      <div className="epoch-text">
        <span className="epoch-what">{reasonText(entry, text, who)}</span>
        <span className="epoch-meta">
          <span className="epoch-number">{text.timeline.epoch(entry.epoch)}</span>
          {" · "}
          <time dateTime={new Date(entry.at).toISOString()} title={fullTime(entry.at, language)}>
            {ago(entry.at, now, language)}
          </time>
        </span>
        {entry.entropy !== undefined && <span className="epoch-meta">{text.timeline.entropy[kind]}</span>}
        {!entry.chosen && <span className="epoch-aside">{text.timeline.notChosen}</span>}
      </div>
    </li>
  )
}

/** Violet and round for this device, teal and pointed for quantum; a hollow ring where it is not known here. */
function EntropyMark({ kind }: { readonly kind: NonNullable<TimelineEntry["entropy"]> | "elsewhere" }) {
  return (
    <svg className="entropy-mark" data-kind={kind} viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      {kind === "elsewhere" && <circle className="mark-hollow" cx="10" cy="10" r="4.5" />}
      {kind === "local only" && <circle className="mark-round" cx="10" cy="10" r="5.5" />}
      {kind === "mixed" && (
        <>
          <path className="mark-round" d="M9.5 3.5 A6.5 6.5 0 0 0 9.5 16.5Z" />
          <path className="mark-pointed" d="M10.5 3.5 L17.5 10 L10.5 16.5Z" />
        </>
      )}
      {kind === "pure" && <path className="mark-pointed" d="M10 3.5 L16.5 10 L10 16.5 L3.5 10Z" />}
    </svg>
  )
}

/** Every commit renews the keys of whoever makes it. */
function renewsKeys({ reason }: TimelineEntry): boolean {
  return reason !== "created" && reason !== "joined"
}

function planText(plan: GroupDetail["ownKeys"]["plan"], text: Catalogue, now: number, language: string): string {
  if (plan.kind !== "planned") return text.timeline.plan[plan.kind]
  return plan.at > now ? text.timeline.plan.planned(dayAndClock(plan.at, language)) : text.timeline.plan.overdue
}

function reasonText(entry: TimelineEntry, text: Catalogue, who: ReturnType<typeof useWho>): string {
  const by = who(entry.by, entry.name)
  const list = (people: readonly string[]) =>
    people.map((one) => who(one)).join(text.chat.and) || text.timeline.somebody
  switch (entry.reason) {
    case "added":
      return text.timeline.reason.added(by, list(entry.added))
    case "removed":
      return text.timeline.reason.removed(by, list(entry.removed))
    case "created":
    case "joined":
    case "healed":
    case "left":
      return text.timeline.reason[entry.reason](by)
  }
}
