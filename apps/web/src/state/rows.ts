import type { Gap, Message, TimelineEntry } from "@starling/peer/contract"

import { sameDay } from "../text/times.ts"
import type { Pending, Thread } from "./thread.ts"

/** One line of a conversation as it is shown. */
export type Row =
  | { readonly kind: "begin"; readonly key: string }
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "gap"; readonly key: string; readonly gap: Gap }
  | { readonly kind: "note"; readonly key: string; readonly entry: TimelineEntry }
  | {
      readonly kind: "message"
      readonly key: string
      readonly message: Message
      readonly first: boolean
      readonly last: boolean
    }
  | { readonly kind: "pending"; readonly key: string; readonly pending: Pending; readonly first: boolean }

/** Messages of one author within three minutes stand together. */
const TOGETHER = 3 * 60_000

/**
 * Messages in the daemon's order, with a mark where some are missing, with a line for each new day and for who came and went, and what is not saved yet at
 * the end. Notes older than the oldest message shown wait until that part of the history is there.
 */
export function rowsOf(thread: Thread, timeline: readonly TimelineEntry[], gaps: readonly Gap[] = []): readonly Row[] {
  const rows: Row[] = []
  const oldest = thread.messages[0]?.at ?? Number.POSITIVE_INFINITY
  const notes = timeline
    .filter((entry) => entry.chosen && isNote(entry) && (thread.complete || entry.at >= oldest))
    .toSorted((one, other) => one.at - other.at)
  if (thread.complete) rows.push({ kind: "begin", key: "begin" })

  let day: number | undefined
  let next = 0
  const turnTo = (at: number) => {
    if (day === undefined || !sameDay(day, at))
      rows.push({ kind: "day", key: `day ${new Date(at).toDateString()} ${rows.length}`, at })
    day = at
  }
  const notesUntil = (at: number) => {
    for (let entry = notes[next]; entry !== undefined && entry.at <= at; entry = notes[next]) {
      turnTo(entry.at)
      rows.push({ kind: "note", key: `note ${next} ${entry.epoch}`, entry })
      next += 1
    }
  }
  const mark = (before: string | undefined) => {
    for (const gap of gaps)
      if (gap.before === before) rows.push({ kind: "gap", key: `gap ${gap.why} ${gap.from} ${before ?? "end"}`, gap })
  }
  for (const [index, message] of thread.messages.entries()) {
    notesUntil(message.at)
    mark(message.id)
    turnTo(message.at)
    const before = rows.at(-1)
    const after = thread.messages[index + 1]
    const first = !(before?.kind === "message" && together(before.message, message))
    const parted =
      after !== undefined &&
      (notes.slice(next).some((entry) => entry.at <= after.at) || gaps.some((gap) => gap.before === after.id))
    const last = after === undefined || parted || !together(message, after)
    rows.push({ kind: "message", key: message.id, message, first, last })
  }
  notesUntil(Number.POSITIVE_INFINITY)
  mark(undefined)
  for (const pending of thread.pending) {
    turnTo(pending.at)
    const before = rows.at(-1)
    const first = !(before?.kind === "pending" || (before?.kind === "message" && before.message.mine))
    rows.push({ kind: "pending", key: pending.key, pending, first })
  }
  return rows
}

function isNote({ reason, added, removed }: TimelineEntry): boolean {
  return reason !== "created" && (added.length > 0 || removed.length > 0 || reason === "left")
}

function together(one: Message, other: Message): boolean {
  return one.from === other.from && other.at - one.at < TOGETHER && sameDay(one.at, other.at)
}
