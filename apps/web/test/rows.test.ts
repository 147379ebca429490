import type { Message, TimelineEntry } from "@starling/peer/contract"
import { expect, test } from "vitest"

import { rowsOf } from "../src/state/rows.ts"
import { emptyThread } from "../src/state/thread.ts"

const noon = new Date(2026, 4, 4, 12).getTime()
const minute = 60_000
const say = (from: string, at: number): Message => ({
  id: `${from}${at}`,
  group: "g",
  from,
  name: from,
  text: "",
  at,
  epoch: 0,
  mine: false,
})
const came = (who: string, at: number, chosen = true): TimelineEntry => ({
  epoch: 1,
  at,
  by: "ana",
  name: "Ana",
  reason: "added",
  added: [who],
  removed: [],
  chosen,
})
const shape = (messages: readonly Message[], timeline: readonly TimelineEntry[] = [], complete = false) =>
  rowsOf({ ...emptyThread, messages, complete }, timeline).map((row) =>
    row.kind === "message" ? `${row.message.from}${row.first ? " first" : ""}${row.last ? " last" : ""}` : row.kind,
  )

test("messages of one author within three minutes stand together", () => {
  expect(
    shape([
      say("ana", noon),
      say("ana", noon + 2 * minute),
      say("ana", noon + 6 * minute),
      say("ben", noon + 7 * minute),
    ]),
  ).toEqual(["day", "ana first", "ana last", "ana first last", "ben first last"])
})

test("each day begins with its name", () => {
  const next = noon + 24 * 60 * minute
  expect(shape([say("ana", noon), say("ana", next)])).toEqual(["day", "ana first last", "day", "ana first last"])
})

test("who came in stands between the messages before and after, and parts a run", () => {
  expect(shape([say("ana", noon), say("ana", noon + 2 * minute)], [came("ben", noon + minute)])).toEqual([
    "day",
    "ana first last",
    "note",
    "ana first last",
  ])
})

test("what was not chosen is no part of the conversation", () => {
  expect(shape([say("ana", noon)], [came("ben", noon + minute, false)])).toEqual(["day", "ana first last"])
})

test("notes from before the oldest message shown wait until it is complete", () => {
  const early = [came("ben", noon - minute)]
  expect(shape([say("ana", noon)], early)).toEqual(["day", "ana first last"])
  expect(shape([say("ana", noon)], early, true)).toEqual(["begin", "day", "note", "ana first last"])
})

test("a mark stands where messages are missing, and parts a run; without a later one it stands last", () => {
  const [one, two] = [say("ana", noon), say("ana", noon + minute)]
  const gap = { from: "ana", name: "Ana", count: 2 }
  const rows = rowsOf(
    { ...emptyThread, messages: [one, two] },
    [],
    [
      { why: "missing" as const, ...gap, before: two.id },
      { why: "missing" as const, ...gap, from: "ben" },
    ],
  )
  expect(rows.map((row) => (row.kind === "gap" ? `gap of ${row.gap.from}` : row.kind))).toEqual([
    "day",
    "message",
    "gap of ana",
    "message",
    "gap of ben",
  ])
  expect(rows.map((row) => (row.kind === "message" ? row.first && row.last : "-"))).toEqual(["-", true, "-", true, "-"])
  expect(rowsOf({ ...emptyThread, messages: [one, two] }, []).some(({ kind }) => kind === "gap")).toBe(false)
})

test("keys are different for different rows", () => {
  const rows = rowsOf({ ...emptyThread, complete: true, messages: [say("ana", noon), say("ben", noon)] }, [
    came("ben", noon),
    came("cleo", noon),
  ])
  expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length)
})
