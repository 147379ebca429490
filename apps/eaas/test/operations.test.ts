import { encodeKeyResponse } from "@starling/eaas/frames"
import { expect, test } from "vitest"

import { ByTheMinute } from "../src/operations/by-the-minute.ts"
import { counted } from "../src/operations/counted-validation.ts"
import { figure, figures, prometheusText } from "../src/operations/figure.ts"
import { outcomesOf } from "../src/operations/readiness.ts"
import { statusPage } from "../src/operations/status-page.ts"

test("counts are told as of the last whole minute, whenever they are asked for", () => {
  let now = 60_000
  const counts = new ByTheMinute(() => now)
  counts.add("answered")
  now = 119_999
  counts.add("answered")
  expect(counts.told.get("answered")).toBeUndefined()
  now = 120_000
  counts.add("answered")
  expect(counts.told.get("answered")).toBe(2)
  now = 180_000
  expect(counts.told.get("answered")).toBe(3)
})

test("answers are counted by what they are, and passed on as they are", async () => {
  let now = 0
  const counts = new ByTheMinute(() => now)
  const turnedAway = encodeKeyResponse({ kind: "turned-away", reason: "overloaded" })
  const validation = counted({ countersign: async (it) => it, request: async () => turnedAway }, counts)
  expect(await validation.request(new Uint8Array(1), AbortSignal.timeout(1_000))).toBe(turnedAway)
  now = 60_000
  expect(counts.told).toEqual(new Map([["overloaded", 1]]))
})

test("metrics have Prometheus's text format, and a figure without a value has no line", async () => {
  const text = await prometheusText([
    figure("a_total", "counter", "Things", () => 3),
    figure("b", "gauge", "Nothing yet", () => null),
    figures("c", "gauge", "By kind", "kind", () => new Map([['odd "one"', 0.5]])),
  ])
  expect(text).toBe(
    [
      "# HELP a_total Things",
      "# TYPE a_total counter",
      "a_total 3",
      "# HELP b Nothing yet",
      "# TYPE b gauge",
      "# HELP c By kind",
      "# TYPE c gauge",
      'c{kind="odd \\"one\\""} 0.5',
      "",
    ].join("\n"),
  )
})

test("a check that throws has failed, and the page says which one", async () => {
  const outcomes = await outcomesOf({
    database: () => {
      throw new Error("gone")
    },
    source: () => true,
  })
  expect(outcomes).toEqual({ database: false, source: true })
  expect(statusPage("PVS", outcomes, [])).toContain("Not ready: database.")
})

test("the page draws a figure's course, and nothing that it shows is taken for markup", () => {
  const drawn = figure("x", "gauge", "A <b>value</b>", () => 2)
  const page = statusPage("P&S", {}, [{ figure: drawn, of: "", points: [1, undefined, 2] }])
  expect(page).toContain("A &lt;b&gt;value&lt;/b&gt;")
  expect(page).toContain("<h1>P&amp;S</h1>")
  expect(page).toContain('points="0.0,62.0 320.0,2.0"')
  expect(page).not.toMatch(/<script|style=|http:/)
})
